package main

import (
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/test/pgtest"
)

func TestSSLModesProveTheServerAsMuchAsTheySay(t *testing.T) {
	server, ca := pgtest.StartTLS(t)
	_, stranger := pgtest.StartTLS(t)
	db := server.NewDatabase(t, `CREATE TABLE a (x int)`)
	with := func(mode, ca string) string {
		return `"ssl_mode":{"mode":` + quoted(mode) + `,"ca_certificate":` + quoted(ca) + `}`
	}
	for what, c := range map[string]struct{ config, host, phrase string }{
		"disable":                  {`"ssl_mode":{"mode":"disable"}`, "127.0.0.1", ""},
		"allow":                    {`"ssl_mode":{"mode":"allow"}`, "127.0.0.1", ""},
		"prefer":                   {`"ssl_mode":{"mode":"prefer"}`, "127.0.0.1", ""},
		"require":                  {`"ssl_mode":{"mode":"require"}`, "127.0.0.1", ""},
		"require with a CA":        {with("require", ca), "127.0.0.1", ""},
		"require with another CA":  {with("require", stranger), "127.0.0.1", "certificate"},
		"verify-ca":                {with("verify-ca", ca), "127.0.0.1", ""},
		"verify-ca, other":         {with("verify-ca", stranger), "127.0.0.1", "certificate"},
		"verify-ca of the machine": {`"ssl_mode":{"mode":"verify-ca"}`, "127.0.0.1", "certificate"},
		"verify-full":              {with("verify-full", ca), "localhost", ""},
		"verify-full, other name":  {with("verify-full", ca), "127.0.0.1", "certificate"},
		"verify-full, other":       {with("verify-full", stranger), "localhost", "certificate"},
	} {
		status, message := program.Check(t, db.Config(c.config, `"host":`+quoted(c.host)))
		want := map[bool]string{true: airbyte.CheckSucceeded, false: airbyte.CheckFailed}[c.phrase == ""]
		if status != want || !strings.Contains(message, c.phrase) {
			t.Errorf("%s: %s %s", what, status, message)
		}
	}
}

func TestConnectionsAreEncryptedWhereTheModeSaysSo(t *testing.T) {
	server, _ := pgtest.StartTLS(t)
	s := shop{t, server.NewDatabase(t, `CREATE VIEW a AS SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`)}
	for mode, want := range map[string]string{"disable": "false", "allow": "false", "prefer": "true", "require": "true"} {
		wantEqual(t, mode, valuesOf(t, s.read(0, catalogOf("a"), "", `"ssl_mode":{"mode":"`+mode+`"}`), "ssl"), want)
	}
}
