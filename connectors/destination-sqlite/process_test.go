package main

import (
	"database/sql"
	"syscall"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

const logType = airbyte.Log

var signals = []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM}

func (l *lake) start(catalog string, config ...string) *kittest.Process {
	l.t.Helper()
	return program.Begin(l.t, kittest.Call{Command: "write", Config: l.config(config...), Catalog: catalog})
}

// waitFor waits until another program sees what it wants.
func (l *lake) waitFor(query, want string) {
	l.t.Helper()
	db := l.open()
	kittest.Until(l.t, query, func() bool {
		var got sql.NullString
		return db.QueryRow(query).Scan(&got) == nil && got.String == want
	})
	if err := db.Close(); err != nil {
		l.t.Fatal(err)
	}
}
