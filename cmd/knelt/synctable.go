package main

import (
	"encoding/json"
	"fmt"
	"time"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// syncTable lists attempts of syncs, a line each.
type syncTable struct{ *report.Table }

func newSyncTable() syncTable {
	return syncTable{report.NewTable("CONNECTION", ">SYNC", "STATUS", "STARTED", ">TOOK", ">ROWS", ">MB", "REASON")}
}

// reasonWidth is how much of a reason is shown; the rest is a command away.
const reasonWidth = 80

func (t syncTable) add(r store.SyncRecord, abandoned bool) {
	for i := len(r.Attempts) - 1; i >= 0; i-- {
		a := r.Attempts[i]
		counts := replication.Counts{}
		if l, err := ledgerOf(a); err == nil && l != nil {
			counts = l.Total
		}
		reason := ""
		switch {
		case a.Status == store.Running && abandoned:
			reason = "its engine was ended; the next sync goes on with it"
		case len(a.Reasons) > 0:
			reason = report.Cut(report.Clean(a.Reasons[0]), reasonWidth)
		}
		t.Row(r.Connection, fmt.Sprintf("%d-%d", r.ID, a.Number), string(a.Status), a.Started.Local().Format(time.DateTime),
			took(a), report.Count(counts.Relayed), report.Megabytes(float64(counts.Bytes)), reason)
	}
}

func took(a store.Attempt) string {
	if a.Ended.IsZero() {
		return "-"
	}
	return report.Duration(a.Ended.Sub(a.Started))
}

// ledgerOf reads the ledger of an attempt; nil if it did not get that far.
func ledgerOf(a store.Attempt) (*replication.Ledger, error) {
	if len(a.Ledger) == 0 {
		return nil, nil
	}
	var l replication.Ledger
	if err := json.Unmarshal(a.Ledger, &l); err != nil {
		return nil, fmt.Errorf("reading the ledger of attempt %d: %w", a.Number, err)
	}
	return &l, nil
}

// showSync shows all that is kept of one sync.
func (c *cli) showSync(o *syncsOptions, r store.SyncRecord) error {
	if o.json {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		return c.printIndented(text)
	}
	for i, a := range r.Attempts {
		if i > 0 {
			fmt.Fprintln(c.stdout)
		}
		if err := c.showAttempt(r, a); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "The log: knelt logs%s %s %d-%d\n", o.words(), r.Connection, r.ID, a.Number)
	}
	return nil
}

func (c *cli) showAttempt(r store.SyncRecord, a store.Attempt) error {
	fmt.Fprintf(c.stdout, "%s: sync %d, attempt %d: %s\n", r.Connection, r.ID, a.Number, c.style.Status(a.Status))
	fmt.Fprintf(c.stdout, "started %s, took %s\n", a.Started.Local().Format(time.DateTime), took(a))
	for _, reason := range a.Reasons {
		fmt.Fprint(c.stdout, report.Item(reason))
	}
	l, err := ledgerOf(a)
	if err != nil || l == nil {
		return err
	}
	fmt.Fprintln(c.stdout)
	report.Ledger(c.stdout, l, c.style)
	fmt.Fprintln(c.stdout)
	report.Sides(c.stdout, l)
	return nil
}
