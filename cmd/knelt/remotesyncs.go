package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/client"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/synclog"
)

// syncsFar lists the syncs of a server's connections, or shows one.
func (f *far) syncs(ctx context.Context, o *syncsOptions, args []string) error {
	if len(args) == 0 {
		return f.allSyncs(ctx, o)
	}
	ref, id, err := f.target(ctx, args)
	if err != nil {
		return err
	}
	if id.sync == 0 {
		return f.listSyncs(ctx, o, []events.Ref{ref})
	}
	s, err := f.Sync(ctx, ref, id.sync)
	if err != nil {
		return err
	}
	if o.json {
		return f.printIndentedValue(s)
	}
	return f.showSync(o, recordOf(ref, s))
}

func (c *cli) printIndentedValue(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.printIndented(text)
}

func (f *far) allSyncs(ctx context.Context, o *syncsOptions) error {
	var all []events.Ref
	for c, err := range f.rows(ctx, client.Filter{}) {
		if err != nil {
			return err
		}
		if c.Status != api.Never {
			all = append(all, events.Ref{Namespace: c.Namespace, Name: c.Name})
		}
	}
	return f.listSyncs(ctx, o, all)
}

func (f *far) listSyncs(ctx context.Context, o *syncsOptions, all []events.Ref) error {
	table := report.NewTable("CONNECTION", ">SYNC", "STATUS", "STARTED", ">TOOK", ">ATTEMPTS", ">ROWS", ">MB", "REASON")
	encoder := json.NewEncoder(f.stdout)
	for _, ref := range all {
		n := 0
		for s, err := range f.Syncs(ctx, ref, o.limit) {
			if err != nil {
				return err
			}
			if n++; n > o.limit {
				break
			}
			if o.json {
				if encoder.Encode(s) != nil {
					return nil // the writer keeps the error, see output
				}
				continue
			}
			table.Row(ref.String(), fmt.Sprint(s.ID), string(s.Status), s.Started.Local().Format(time.DateTime), tookOf(s.Started, s.Ended),
				fmt.Sprint(s.AttemptCount), report.Count(s.Records), report.Megabytes(float64(s.Bytes)), reasonOf(s))
		}
	}
	if !o.json {
		table.Write(f.stdout)
	}
	return nil
}

func tookOf(started, ended time.Time) string {
	if ended.IsZero() {
		return "-"
	}
	return report.Duration(ended.Sub(started))
}

func reasonOf(s api.SyncRow) string {
	switch {
	case s.Abandoned:
		return "its engine was ended; the next sync goes on with it"
	case len(s.Reasons) > 0:
		return report.Cut(report.Clean(s.Reasons[0]), reasonWidth)
	}
	return ""
}

// recordOf makes a record of what a server tells of a sync, for those who show
// records.
func recordOf(ref events.Ref, s api.Sync) store.SyncRecord {
	r := store.SyncRecord{Connection: ref.String(), ID: s.ID, Status: store.Status(s.Status), Started: s.Started, Ended: s.Ended}
	for _, a := range s.Attempts {
		made := store.Attempt{Number: a.Number, Epoch: a.Epoch, Status: store.Status(a.Status), Started: a.Started, Ended: a.Ended, Reasons: a.Reasons, Final: a.Final}
		if a.Ledger != nil {
			made.Ledger, _ = json.Marshal(a.Ledger) // numbers and texts, that were JSON
		}
		r.Attempts = append(r.Attempts, made)
	}
	return r
}

// logs prints a sync's log. What the server cannot choose is chosen here.
func (f *far) logs(ctx context.Context, o *logsOptions, args []string) error {
	query, err := o.query()
	if err != nil {
		return err
	}
	ref, id, err := f.target(ctx, args)
	if err != nil {
		return err
	}
	if id.sync == 0 {
		if id.sync, err = f.newest(ctx, ref); err != nil {
			return err
		}
	}
	q := client.LogQuery{Attempt: id.attempt, Origins: query.Origins}
	if n := len(query.Levels); n > 0 {
		q.Level = query.Levels[n-1]
	}
	if o.follow {
		return f.printLines(o, f.FollowLogs(ctx, ref, id.sync, q), query.Grep, 0)
	}
	from := 0
	if o.tail > 0 && query.Grep == nil {
		from = -o.tail
	}
	return f.printLines(o, f.Logs(ctx, ref, id.sync, q, from), query.Grep, o.tail)
}

// printLines prints lines that match; of tail, if it is positive, the last ones.
func (f *far) printLines(o *logsOptions, lines func(func(synclog.Entry, error) bool), grep *regexp.Regexp, tail int) error {
	encoder := json.NewEncoder(f.stdout)
	encoder.SetEscapeHTML(false)
	show := func(e synclog.Entry) {
		if o.json {
			_ = encoder.Encode(e) // the writer keeps the error, see output
			return
		}
		fmt.Fprintln(f.stdout, entryText(e))
	}
	var last []synclog.Entry
	for e, err := range lines {
		switch {
		case err != nil:
			return err
		case f.stdout.broken():
			return nil
		case grep != nil && !grep.MatchString(e.Message):
		case tail > 0:
			if last = append(last, e); len(last) > tail {
				last = last[1:]
			}
		default:
			show(e)
		}
	}
	for _, e := range last {
		show(e)
	}
	return nil
}
