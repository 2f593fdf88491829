package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"knelt.dev/events"
	"knelt.dev/loadtest/site"
)

// throughputs are the syncs whose bytes a second are compared.
var throughputs = []scenario{
	{name: "1 KB", recordBytes: 1000, destination: "destination-discard", config: map[string]any{}},
	{name: "10 KB", recordBytes: 10_000, destination: "destination-discard", config: map[string]any{}},
}

// transfer is what one sync took: as a whole, and while rows were moved.
type transfer struct{ whole, flow time.Duration }

// runThroughput moves the same records on the cluster and by the engine on this
// machine, in turns.
func runThroughput(ctx context.Context, o options, s *site.Site) (*table, error) {
	t := &table{Columns: []string{"MB/s", "min", "max", "MB/s while rows move", "whole s"}, Bars: "MB/s", Runs: o.runs}
	for _, sc := range throughputs {
		var cluster, laptop []transfer
		for i := range o.runs + 1 { // the first warms up and does not count
			c, err := clusterTransfer(ctx, o, s, sc)
			if err != nil {
				return nil, fmt.Errorf("%s on the cluster: %w", sc.name, err)
			}
			f, err := once(ctx, o, sc, runEngine)
			if err != nil {
				return nil, fmt.Errorf("%s on this machine: %w", sc.name, err)
			}
			if i > 0 {
				cluster, laptop = append(cluster, c), append(laptop, transfer{f.wall, f.wall})
			}
		}
		mb := float64(sc.rows(o.bytes)*sc.recordBytes) / 1e6
		t.transfers(sc.name+" on the cluster", mb, cluster)
		t.transfers(sc.name+" on this machine", mb, laptop)
		t.Notes = append(t.Notes, fmt.Sprintf("%s: speed on the cluster to that on this machine, run by run: whole syncs %s; while rows move %s",
			sc.name, transferRatio(cluster, laptop, wholeOf), transferRatio(cluster, laptop, flowOf)))
	}
	t.Notes = append(t.Notes, fmt.Sprintf("%.1f GB a sync; a whole sync on the cluster is from its event to its result, by a function that runs, and has two pods to start; "+
		"on this machine it is the whole command; rows move from the start of both connectors to the sync's end", float64(o.bytes)/1e9))
	return t, nil
}

func wholeOf(t transfer) float64 { return t.whole.Seconds() }
func flowOf(t transfer) float64  { return t.flow.Seconds() }

func (t *table) transfers(name string, mb float64, all []transfer) {
	speeds := columnOf(all, func(x transfer) float64 { return mb / wholeOf(x) })
	t.add(name, median(speeds), speeds[0], speeds[len(speeds)-1],
		median(columnOf(all, func(x transfer) float64 { return mb / flowOf(x) })), median(columnOf(all, wholeOf)))
}

func transferRatio(a, b []transfer, of func(transfer) float64) string {
	var values []float64
	for i := range a {
		values = append(values, of(b[i])/of(a[i]))
	}
	slices.Sort(values)
	return fmt.Sprintf("median %.2f (%.2f to %.2f)", median(values), values[0], values[len(values)-1])
}

// clusterTransfer makes one sync of a scenario by an event.
func clusterTransfer(ctx context.Context, o options, s *site.Site, sc scenario) (transfer, error) {
	name := namesOf("throughput", 1)[0]
	d, err := s.Documents(site.Moving{Name: name, Source: sc.source(o), Destination: sc.config, Streams: sc.streams()})
	if err != nil {
		return transfer{}, err
	}
	request := &events.SyncRequest{Run: events.Run{Due: time.Now(), Attempt: 1}, Reason: events.ByHand, Documents: d}
	begun, err := sendAll(ctx, s, []*events.SyncRequest{request})
	if err != nil {
		return transfer{}, err
	}
	is := func(e event.Event) bool { return e.Subject() == name && site.IsResult(e) }
	if err := s.Await("the result of "+name, endsWithin, func() bool { return s.Heard.Count(is) > 0 }); err != nil {
		return transfer{}, err
	}
	all, err := ways(begun, s.Heard.All())
	if err != nil {
		return transfer{}, err
	}
	w := all[name]
	return transfer{w.heard.Sub(w.due), w.ended.Sub(w.started)}, exact(all, sc.rows(o.bytes), false)
}
