package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"knelt.dev/events"
	"knelt.dev/loadtest/pace"
	"knelt.dev/loadtest/site"
)

// The storm: events about so many connections, each due at so many times. Every
// run is asked for equally often, in an order that only chance knows.
const (
	stormEvents      = 1000
	stormConnections = 5
	stormRuns        = 4 // of each
	stormRate        = 10
	stormUsers       = 100
)

// straggling is how long is listened for what should not come.
const straggling = 5 * time.Second

// runStorm asks for the same few syncs many times over. Each may happen once, and
// every other request is answered by the old result.
func runStorm(ctx context.Context, o options, s *site.Site) (*table, error) {
	runs, err := stormRequests(s)
	if err != nil {
		return nil, err
	}
	if err := s.AtZero(emptiesWithin); err != nil {
		return nil, err
	}
	plan := pace.Plan{Rate: o.rate, Count: or(o.count, stormEvents)}
	if plan.Rate == 0 {
		plan.Rate = stormRate
	}
	seed := uint64(time.Now().UnixNano())
	b := blast{requests: shuffled(seed, plan.Count, runs), tally: newTally(seed, runs), due: make([]time.Time, plan.Count)}
	if err := b.send(ctx, s, plan); err != nil {
		return nil, err
	}
	late := s.Await("the last answer", endsWithin, func() bool { return s.Heard.Count(site.IsResult) >= plan.Count })
	time.Sleep(straggling)
	for _, h := range s.Heard.All() {
		if err := b.tally.hear(h); err != nil {
			return nil, err
		}
	}
	wrong := b.tally.problems(plan.Count)
	if dead := s.Crowd.Most("knelt-deadletter"); dead > 0 {
		wrong = append(wrong, "an event went to the dead letter sink")
	}
	if len(wrong) > 0 || late != nil {
		return nil, errors.Join(late, fmt.Errorf("seed %d: %s", seed, strings.Join(wrong, "; ")))
	}
	t, err := b.table()
	t.Notes = append(t.Notes,
		fmt.Sprintf("ms, from the moment at which an event was due; %v events in a second, seed %d; the broker refused for now, and was sent again, %d", plan.Rate, seed, s.Refused.Load()),
		fmt.Sprintf("%d events became %d syncs of %d connections, each in one attempt; %d answers came, none by the dead letter sink",
			plan.Count, len(runs), stormConnections, b.tally.answers()),
		fmt.Sprintf("at most %d pods of the function and %d of connectors at once", s.Crowd.Most(syncService), s.Crowd.Most(site.Connector)))
	return t, err
}

// stormRequests are the runs that are wanted, each once.
func stormRequests(s *site.Site) ([]*events.SyncRequest, error) {
	var all []*events.SyncRequest
	due := time.Now().UTC().Truncate(time.Millisecond)
	for _, name := range namesOf("storm", stormConnections) {
		d, err := s.Documents(site.Moving{Name: name, Source: map[string]any{"count": stormUsers}, Destination: map[string]any{"stats": true}})
		if err != nil {
			return nil, err
		}
		for i := range stormRuns {
			run := events.Run{Connection: events.Ref{Name: name}, Due: due.Add(time.Duration(i) * time.Minute), Attempt: 1, Kind: events.Sync}
			all = append(all, &events.SyncRequest{Run: run, Reason: events.BySchedule, Documents: d})
		}
	}
	return all, nil
}

// shuffled asks for the runs in turns, n times in all, and mixes that.
func shuffled(seed uint64, n int, runs []*events.SyncRequest) []*events.SyncRequest {
	all := make([]*events.SyncRequest, 0, n)
	for i := range n {
		all = append(all, runs[i%len(runs)])
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// blast is a storm under way.
type blast struct {
	requests []*events.SyncRequest // in the order in which they are sent
	tally    *tally
	due      []time.Time
}

func (b *blast) send(ctx context.Context, s *site.Site, plan pace.Plan) error {
	var mu sync.Mutex
	var errs []error
	err := plan.Run(ctx, func(shot pace.Shot) {
		request := *b.requests[shot.N] // completed by being sent, by several at once
		err := s.Post(ctx, &request, b.tally.trace(shot.N))
		mu.Lock()
		defer mu.Unlock()
		errs, b.due[shot.N] = append(errs, err), shot.Due
	})
	return errors.Join(condensed(errs), err)
}

// table has the latencies of all answered events, and of the first request for
// each run until the first answer to any.
func (b *blast) table() (*table, error) {
	var each, runs pace.Latencies
	asked, told := map[string]time.Time{}, map[string]time.Time{}
	for n, at := range b.tally.answered {
		if err := each.Record(at.Sub(b.due[n])); err != nil {
			return nil, err
		}
		earliest(asked, b.requests[n].Key(), b.due[n])
		earliest(told, b.requests[n].Key(), at)
	}
	for key, from := range asked {
		if err := runs.Record(told[key].Sub(from)); err != nil {
			return nil, err
		}
	}
	t := &table{Columns: quantiles, Bars: "p50"}
	t.latencies("a sync's first request to its result", &runs)
	t.latencies("each event to its answer", &each)
	return t, nil
}

func earliest(all map[string]time.Time, key string, at time.Time) {
	if old, known := all[key]; !known || at.Before(old) {
		all[key] = at
	}
}
