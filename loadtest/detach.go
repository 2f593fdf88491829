package main

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// handOvers is how often relays leave in the middle of a stream.
const handOvers = 60

// runDetach has relays detach from a stream that runs as fast as it can, up to
// 500 MB/s, and successors, which wait for the lease, attach.
func runDetach(ctx context.Context, o options) (*table, error) {
	o.bytes = 1e12 // more than is ever moved
	s := scenario{name: "detach", recordBytes: 1000, rate: 500_000, destination: "destination-discard", config: map[string]any{}}
	t := &table{Columns: []string{"median ms", "min", "p90", "max", "times"}, Bars: "median ms"}
	_, err := inWorld(ctx, o, s, func(ctx context.Context, w *world) (time.Duration, error) {
		gaps, others, speed, err := w.handOver(ctx)
		if err != nil {
			return 0, err
		}
		t.spread("gap at a hand-over", gaps)
		t.spread("longest gap in as long without one", others)
		t.Notes = []string{
			"the longest time in which the destination read nothing, from SIGTERM of a relay on",
			fmt.Sprintf("the stream ran at %.0f MB/s with its hand-overs", speed),
		}
		return 0, nil
	})
	return t, err
}

// handOver gives, in ms, the gap at each hand-over, and the longest one in the
// time before it; and the speed over all, in MB/s.
func (w *world) handOver(ctx context.Context) (gaps, others []float64, speed float64, err error) {
	relay, err := w.relay(ctx)
	if err != nil {
		return nil, nil, 0, err
	}
	f, err := w.flowing(ctx, relay)
	if err != nil {
		return nil, nil, 0, err
	}
	defer f.close()
	began, from := time.Now(), f.position()
	for range handOvers {
		successor, err := w.relay(ctx)
		if err != nil {
			return nil, nil, 0, err
		}
		time.Sleep(settling) // it has started, and waits for the lease
		quiet := time.Now()
		time.Sleep(settling)
		others = append(others, f.gap(quiet))
		leaving := time.Now()
		if err := relay.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return nil, nil, 0, err
		}
		if err := successor.attached(ctx); err != nil {
			return nil, nil, 0, err
		}
		if err := f.goesOn(ctx, leaving); err != nil {
			return nil, nil, 0, err
		}
		gaps = append(gaps, f.gap(leaving))
		if err := relay.wait(); err != nil {
			return nil, nil, 0, err
		}
		relay = successor
	}
	speed = float64(f.position()-from) / 1e6 / time.Since(began).Seconds()
	relay.kill()
	return gaps, others, speed, nil
}

// gap is the longest pause since a moment, in ms.
func (f *flow) gap(since time.Time) float64 {
	p := f.longest(since)
	return float64(p.to.Sub(p.from)) / 1e6
}
