package main

import (
	"fmt"
	"io"
	"time"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// verdict says in words how a sync ended and what to do.
type verdict struct {
	options    *syncOptions
	connection string
	result     engine.Result
	style      report.Style
}

func (v *verdict) verb() string {
	if v.options.reset {
		return "reset"
	}
	return "sync"
}

func (v *verdict) elapsed() time.Duration {
	r := v.result.Record
	return r.Ended.Sub(r.Attempts[len(r.Attempts)-1].Started)
}

func (v *verdict) good(w io.Writer) {
	rows := int64(0)
	if v.result.Ledger != nil {
		rows = v.result.Ledger.Total.Relayed
	}
	fmt.Fprintf(w, "\n%s: %s %d %s in %s, %s.\n", v.connection, v.verb(), v.result.Record.ID,
		v.style.Status(v.result.Status()), report.Duration(v.elapsed()), report.Plural(rows, "row"))
}

func (v *verdict) bad(w io.Writer) {
	r := v.result
	fmt.Fprintf(w, "\n%s: %s %d %s after %s:\n", v.connection, v.verb(), r.Record.ID, v.style.Status(r.Status()), report.Duration(v.elapsed()))
	for _, reason := range r.Reasons() {
		fmt.Fprint(w, report.Item(reason))
	}
	fmt.Fprintln(w, v.advice())
	fmt.Fprintf(w, "The log: knelt logs%s %s %d-%d\n", v.options.location.words(), v.connection, r.Record.ID, len(r.Record.Attempts))
}

// advice says what to do, by what is known of the cause.
func (v *verdict) advice() string {
	l := v.result.Ledger
	kept := "What was committed is kept, and the next sync goes on from there."
	switch {
	case v.result.Status() == store.Cancelled:
		return kept
	case l == nil:
		return "No row was moved. Mend the cause and run it again."
	case told(l, airbyte.ConfigError):
		return "A connector says that its config is to be mended. " + kept
	case outOfMemory(l):
		return "A connector had too little memory: give it more, or let it hold less at once. " + kept
	case v.result.Status() == store.Incomplete:
		return "Nothing failed, and yet it is not proven that every row arrived. " + kept
	}
	return kept
}

func told(l *replication.Ledger, kind airbyte.FailureType) bool {
	for _, side := range []replication.SideLedger{l.Source, l.Destination} {
		for _, e := range side.Errors {
			if e.FailureType == kind {
				return true
			}
		}
	}
	return false
}

func outOfMemory(l *replication.Ledger) bool {
	for _, side := range []replication.SideLedger{l.Source, l.Destination} {
		if side.Exit != nil && side.Exit.OOM {
			return true
		}
	}
	return false
}
