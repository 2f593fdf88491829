package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"knelt.dev/events"
	"knelt.dev/loadtest/pace"
	"knelt.dev/loadtest/site"
)

// The sync function's Service, as config/knative names it.
const syncService = "knelt-sync"

// The burst: how many events come at once, and the rows of each sync.
const (
	burstEvents = 50
	burstUsers  = 300
)

// How long the pods of what was before may take to go, and the syncs of an
// experiment to end.
const (
	emptiesWithin = 3 * time.Minute
	endsWithin    = 10 * time.Minute
)

// runBurst has many connections fall due in the same moment, with functions at
// zero, and waits until they are there again. What connectors say of themselves is
// remembered from a sync before.
func runBurst(ctx context.Context, o options, s *site.Site) (*table, error) {
	requests, err := burstRequests(s, or(o.count, burstEvents))
	if err != nil {
		return nil, err
	}
	if err := warmUp(ctx, s); err != nil {
		return nil, err
	}
	over := make(chan struct{})
	t := &table{Columns: quantiles, Bars: "p50", OverTime: &timeline{Lines: []string{"function pods", "connectors' pods", "results"}}}
	drawn := t.OverTime.follow(over, func() []float64 {
		return []float64{float64(s.Crowd.Count(syncService)), float64(s.Crowd.Count(site.Connector)), float64(s.Heard.Count(site.IsResult))}
	})
	began := time.Now()
	begun, err := sendAll(ctx, s, requests)
	if err == nil {
		err = s.Await("the last result", endsWithin, func() bool { return s.Heard.Count(site.IsResult) >= len(requests) })
	}
	results := time.Since(began)
	if err == nil {
		err = s.AtZero(emptiesWithin)
	}
	zero := time.Since(began)
	close(over)
	drawn()
	if err != nil {
		return nil, fmt.Errorf("%w; %d of %d results were told, %d pods are there", err, s.Heard.Count(site.IsResult), len(requests), s.Crowd.All())
	}
	all, err := ways(begun, s.Heard.All())
	if err != nil {
		return nil, err
	}
	t.Notes = append(t.Notes,
		fmt.Sprintf("ms; %d syncs of %d rows each, from functions at zero; specs and catalogs are remembered; the broker refused for now, and was sent again, %d events",
			len(requests), burstRows, s.Refused.Load()),
		fmt.Sprintf("the last result came after %.1f s; %.1f s later no pod was left", results.Seconds(), (zero-results).Seconds()),
		fmt.Sprintf("at most %d pods of the function and %d of connectors at once", s.Crowd.Most(syncService), s.Crowd.Most(site.Connector)))
	return t, errors.Join(exact(all, burstRows, true), t.phaseRows(all))
}

// warmUp makes one sync, and leaves nothing of it but what is remembered.
func warmUp(ctx context.Context, s *site.Site) error {
	requests, err := burstRequests(s, 1)
	if err != nil {
		return err
	}
	if _, err := sendAll(ctx, s, requests); err != nil {
		return err
	}
	if err := s.Await("the result of a first sync", endsWithin, func() bool { return s.Heard.Count(site.IsResult) > 0 }); err != nil {
		return err
	}
	defer s.Forget()
	return s.AtZero(emptiesWithin)
}

// burstRows is what a faker of so many users has: those, 100 products, and two
// purchases each.
const burstRows = 3*burstUsers + 100

func burstRequests(s *site.Site, n int) ([]*events.SyncRequest, error) {
	requests := make([]*events.SyncRequest, 0, n)
	for _, name := range namesOf("burst", n) {
		d, err := s.Documents(site.Moving{Name: name, Source: map[string]any{"count": burstUsers}, Destination: map[string]any{"stats": true}})
		if err != nil {
			return nil, err
		}
		requests = append(requests, &events.SyncRequest{Run: events.Run{Due: time.Now(), Attempt: 1}, Reason: events.BySchedule, Documents: d})
	}
	return requests, nil
}

// sendAll posts all at once.
func sendAll(ctx context.Context, s *site.Site, requests []*events.SyncRequest) (map[string]way, error) {
	var mu sync.Mutex
	var errs []error
	all := map[string]way{}
	err := pace.Plan{Count: len(requests)}.Run(ctx, func(shot pace.Shot) {
		r := requests[shot.N]
		err := s.Post(ctx, r, "")
		w := way{due: shot.Due, accepted: time.Now()}
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, err)
		all[r.Subject()] = w
	})
	return all, errors.Join(condensed(errs), err)
}

// condensed is the first error of many, and how many there are.
func condensed(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%d went wrong, the first thus: %w", len(errs), errs[0])
}

// exact checks that each sync has moved so many rows, by the destination's count as
// well if it counts.
func exact(all map[string]way, rows int64, counts bool) error {
	var errs []error
	for name, w := range all {
		c := w.result.Total
		if said := c.DestinationSaid; c.Relayed != rows || counts && (said == nil || *said != rows) {
			errs = append(errs, fmt.Errorf("%s has moved %d rows, and was to move %d", name, c.Relayed, rows))
		}
	}
	return errors.Join(errs...)
}
