package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// passage is what one run of a chain took.
type passage struct {
	wall  float64 // s
	cpu   float64 // s, of all processes together
	procs []share
}

// share is one process's.
type share struct {
	name string
	cpu  float64 // s
	peak float64 // MiB
}

// bridgeScenario moves records of one size through all chains, in turns.
func bridgeScenario(recordBytes int64) func(ctx context.Context, o options) (*table, error) {
	s := scenario{name: "bridge", recordBytes: recordBytes, destination: "destination-discard", config: map[string]any{}}
	return func(ctx context.Context, o options) (*table, error) {
		results := map[string][]passage{}
		for i := range o.runs + 1 { // the first warms up and does not count
			for _, c := range chains {
				if o.chain != "" && o.chain != c.name {
					continue
				}
				p, err := c.once(ctx, o, s)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", c.name, err)
				}
				if i > 0 {
					results[c.name] = append(results[c.name], p)
				}
			}
		}
		return passages(results, float64(s.rows(o.bytes)*recordBytes)/1e9), nil
	}
}

// once runs a chain in a folder of its own.
func (c chain) once(ctx context.Context, o options, s scenario) (passage, error) {
	dir, err := os.MkdirTemp(o.dir, s.name+"-")
	if err != nil {
		return passage{}, err
	}
	all, took, err := c.run(ctx, o, s, dir)
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		return passage{}, err
	}
	p := passage{wall: took.Seconds()}
	for _, one := range all {
		p.procs = append(p.procs, share{one.name, one.cpu().Seconds(), float64(one.peak.Load()) / (1 << 20)})
		p.cpu += one.cpu().Seconds()
	}
	return p, nil
}

// passages makes the table: a row for each chain, and one for each of its
// processes.
func passages(results map[string][]passage, gb float64) *table {
	t := &table{Columns: []string{"MB/s", "min", "max", "CPU s/GB", "peak MiB"}, Bars: "MB/s", Runs: len(results[chains[0].name])}
	for _, c := range chains {
		all := results[c.name]
		if len(all) == 0 {
			continue
		}
		speeds := columnOf(all, func(p passage) float64 { return gb * 1000 / p.wall })
		cpu := median(columnOf(all, func(p passage) float64 { return p.cpu / gb }))
		t.add(c.name, median(speeds), speeds[0], speeds[len(speeds)-1], cpu)
		for i, one := range all[0].procs {
			t.add("  "+one.name, none, none, none,
				median(columnOf(all, func(p passage) float64 { return p.procs[i].cpu / gb })),
				median(columnOf(all, func(p passage) float64 { return p.procs[i].peak })))
		}
	}
	for i, goal := range []string{"", ">= 1.0", ">= 0.8", ""} {
		if i == 0 || len(results["bridge"]) == 0 || len(results[chains[i].name]) == 0 {
			continue
		}
		note := ratioOf(results["bridge"], results[chains[i].name])
		if goal != "" {
			note += ", goal " + goal
		}
		t.Notes = append(t.Notes, fmt.Sprintf("speed of the bridge to %s, run by run: %s", chains[i].name, note))
	}
	return t
}

func ratioOf(bridge, peer []passage) string {
	var values []float64
	for i := range bridge {
		values = append(values, peer[i].wall/bridge[i].wall)
	}
	slices.Sort(values)
	return fmt.Sprintf("median %.2f (%.2f to %.2f)", median(values), values[0], values[len(values)-1])
}

// columnOf gives one figure of all runs, sorted.
func columnOf[T any](all []T, of func(T) float64) []float64 {
	values := make([]float64, 0, len(all))
	for _, one := range all {
		values = append(values, of(one))
	}
	slices.Sort(values)
	return values
}
