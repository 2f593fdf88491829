package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// report prints the medians of a scenario and, against its peer, the ratio.
func report(w io.Writer, o options, s scenario, engine, peer []figures) {
	rows := s.rows(o.bytes)
	bytes := rows * cmp.Or(s.recordBytes, plainRow)
	fmt.Fprintf(w, "%s: %s; %d rows, %.2f GB, median of %d\n", s.name, s.about, rows, float64(bytes)/1e9, len(engine))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\twall s\tmin\tmax\tMB/s\trows/s\tengine CPU s/GB\tengine peak MiB\t")
	line(table, "knelt sync", engine, rows, bytes, true)
	if len(peer) > 0 {
		line(table, "shell pipe", peer, rows, bytes, false)
	}
	if err := table.Flush(); err != nil {
		panic(err) // stdout is gone: there is nobody to tell
	}
	if len(peer) > 0 {
		fmt.Fprintf(w, "speed of knelt sync to the shell pipe, run by run: %s\n\n", ratios(engine, peer))
	}
}

func line(w io.Writer, name string, all []figures, rows, bytes int64, own bool) {
	walls := column(all, func(f figures) float64 { return f.wall.Seconds() })
	wall := median(walls)
	fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\t", name, wall, walls[0], walls[len(walls)-1], float64(bytes)/1e6/wall, float64(rows)/wall)
	if own {
		cpu := median(column(all, func(f figures) float64 { return f.cpu.Seconds() }))
		peak := median(column(all, func(f figures) float64 { return float64(f.peak) / (1 << 20) }))
		fmt.Fprintf(w, "%.2f\t%.0f\t", cpu/float64(bytes)*1e9, peak)
	}
	fmt.Fprintln(w)
}

// column gives one figure of all runs, sorted.
func column(all []figures, of func(figures) float64) []float64 {
	values := make([]float64, 0, len(all))
	for _, f := range all {
		values = append(values, of(f))
	}
	slices.Sort(values)
	return values
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func ratios(engine, peer []figures) string {
	values := make([]float64, 0, len(engine))
	for i := range engine {
		values = append(values, peer[i].wall.Seconds()/engine[i].wall.Seconds())
	}
	slices.Sort(values)
	return fmt.Sprintf("median %.2f (%.2f to %.2f)", median(values), values[0], values[len(values)-1])
}
