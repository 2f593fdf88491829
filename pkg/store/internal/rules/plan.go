package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"knelt.dev/pkg/store"
)

// NextPlan checks a plan and gives it as it is kept: the next version, times in
// whole milliseconds. The caller's plan is left as it is.
func NextPlan(p store.Plan) (store.Plan, error) {
	if p.Connection == "" {
		return p, errors.New("save a plan: the connection has no name")
	}
	if p.Version < 0 {
		return p, fmt.Errorf("save the plan of connection %q: %d is no version: they count from 1", p.Connection, p.Version)
	}
	p.Version++
	for _, t := range []*time.Time{&p.Next, &p.NextDue, &p.Since, &p.Due, &p.Retry, &p.NotBefore} {
		*t = Time(*t)
	}
	if p.Asked != nil {
		a := *p.Asked
		a.Due, a.At, a.Sent, a.Seen, a.Started = Time(a.Due), Time(a.At), Time(a.Sent), Time(a.Seen), Time(a.Started)
		p.Asked = &a
	}
	if p.Last != nil {
		l := *p.Last
		l.Due, l.Started, l.Ended = Time(l.Due), Time(l.Started), Time(l.Ended)
		p.Last = &l
	}
	return p, nil
}

// EncodePlan gives a plan's JSON.
func EncodePlan(p store.Plan) ([]byte, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode the plan of connection %q: %w", p.Connection, err)
	}
	return b, nil
}

// DecodePlan reads what EncodePlan wrote.
func DecodePlan(connection string, b []byte) (store.Plan, error) {
	var p store.Plan
	if err := json.Unmarshal(b, &p); err != nil {
		return p, fmt.Errorf("the plan of connection %q is damaged: %w", connection, err)
	}
	return p, nil
}

// NoPlan is the error for a plan that does not exist.
func NoPlan(connection string) error {
	return fmt.Errorf("the plan of connection %q: %w", connection, store.ErrNotFound)
}

// Cancel checks what AskCancel is given.
func Cancel(connection string, sync int64, keep time.Duration) error {
	switch {
	case connection == "":
		return errors.New("ask for the end of a sync: the connection has no name")
	case sync < 1:
		return fmt.Errorf("ask for the end of a sync of connection %q: %d is no id of a sync: they count from 1", connection, sync)
	case keep < time.Millisecond:
		return fmt.Errorf("ask for the end of sync %d of connection %q: the wish is to be kept for %s, which must be at least 1ms", sync, connection, keep)
	}
	return nil
}
