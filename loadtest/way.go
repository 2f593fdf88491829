package main

import (
	"fmt"
	"time"

	"knelt.dev/events"
	"knelt.dev/loadtest/pace"
	"knelt.dev/loadtest/site"
)

// way is when things happened to one wanted sync: the first two by the clock
// here, begun to ended by its function's.
type way struct {
	due, accepted         time.Time
	begun, started, ended time.Time
	heard                 time.Time
	result                *events.SyncResult
}

// phases are the parts of a way, in their order; the last one is the whole.
var phases = []struct {
	name     string
	from, to func(way) time.Time
}{
	{"  accepted by the broker", wayDue, func(w way) time.Time { return w.accepted }},
	{"until a function begins", wayDue, wayBegun},
	{"until both connectors run", wayBegun, wayStarted},
	{"until all rows are safe", wayStarted, wayEnded},
	{"until the result is told", wayEnded, wayHeard},
	{"event to result", wayDue, wayHeard},
}

func wayDue(w way) time.Time     { return w.due }
func wayBegun(w way) time.Time   { return w.begun }
func wayStarted(w way) time.Time { return w.started }
func wayEnded(w way) time.Time   { return w.ended }
func wayHeard(w way) time.Time   { return w.heard }

// ways completes ways, by the connection's name, with what was heard. Each must
// have started once and succeeded.
func ways(begun map[string]way, heard []site.Heard) (map[string]way, error) {
	all := map[string]way{}
	for name, w := range begun {
		all[name] = w
	}
	for _, h := range heard {
		w, ours := all[h.Event.Subject()]
		if !ours {
			continue
		}
		p, err := events.Decode(h.Event)
		if err != nil {
			return nil, err
		}
		if err := w.hear(p, h.At); err != nil {
			return nil, fmt.Errorf("%s: %w", h.Event.Subject(), err)
		}
		all[h.Event.Subject()] = w
	}
	for name, w := range all {
		if w.result == nil || w.started.IsZero() {
			return nil, fmt.Errorf("%s has not been told of from its start to its end: %+v", name, w)
		}
	}
	return all, nil
}

func (w *way) hear(p events.Payload, at time.Time) error {
	switch p := p.(type) {
	case *events.SyncStart:
		if !w.started.IsZero() {
			return fmt.Errorf("it has started twice")
		}
		w.started = p.Started
	case *events.SyncResult:
		if w.result != nil {
			return nil // delivered, or asked for, once more
		}
		if p.Outcome != events.Succeeded {
			return fmt.Errorf("it ended %s: %q", p.Outcome, p.Reasons)
		}
		w.begun, w.ended, w.heard, w.result = p.Started, p.Ended, at, p
	}
	return nil
}

// phaseRows adds a row for each phase.
func (t *table) phaseRows(all map[string]way) error {
	for _, p := range phases {
		var l pace.Latencies
		for name, w := range all {
			if err := l.Record(p.to(w).Sub(p.from(w))); err != nil {
				return fmt.Errorf("%s, %s: %w", name, p.name, err)
			}
		}
		t.latencies(p.name, &l)
	}
	return nil
}
