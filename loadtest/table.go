package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"text/tabwriter"
)

// none stands for a figure that a row does not have.
var none = math.NaN()

// table is the result of an experiment. The goals are in its notes.
type table struct {
	Name    string   `json:"name"`
	About   string   `json:"about"`
	Machine string   `json:"machine"`
	Runs    int      `json:"runs,omitempty"` // whose medians the figures are
	Columns []string `json:"columns"`
	Rows    []row    `json:"rows"`
	Notes   []string `json:"notes,omitempty"`
	// OverTime, if set, is what the plot shows.
	OverTime *timeline `json:"overTime,omitempty"`
	// Bars is the column that the plot shows otherwise.
	Bars string `json:"-"`
}

type row struct {
	Name   string   `json:"name"`
	Values []figure `json:"values"`
}

// figure is a number that may be none.
type figure float64

// MarshalJSON makes none a null, and leaves out what is noise.
func (f figure) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(f)) {
		return []byte("null"), nil
	}
	return []byte(f.String()), nil
}

// String gives four digits, or all of a larger number.
func (f figure) String() string {
	if math.Abs(float64(f)) >= 10_000 {
		return fmt.Sprintf("%.0f", float64(f))
	}
	return fmt.Sprintf("%.4g", float64(f))
}

// add adds a row; figures at its end may be left out.
func (t *table) add(name string, values ...float64) {
	r := row{Name: name}
	for i := range t.Columns {
		v := none
		if i < len(values) {
			v = values[i]
		}
		r.Values = append(r.Values, figure(v))
	}
	t.Rows = append(t.Rows, r)
}

func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n%s\n", t.Name, t.About, t.Machine)
	if t.Runs > 0 {
		fmt.Fprintf(w, "medians of %d runs\n", t.Runs)
	}
	width := 0
	for _, r := range t.Rows {
		width = max(width, len(r.Name))
	}
	text := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, c := range t.Columns {
		fmt.Fprintf(text, "\t%s", c)
	}
	fmt.Fprintln(text, "\t")
	for _, r := range t.Rows {
		fmt.Fprintf(text, "%-*s", width, r.Name) // to the left, unlike the figures
		for _, v := range r.Values {
			if math.IsNaN(float64(v)) {
				fmt.Fprint(text, "\t")
			} else {
				fmt.Fprintf(text, "\t%s", v)
			}
		}
		fmt.Fprintln(text, "\t")
	}
	if err := text.Flush(); err != nil {
		panic(err) // stdout is gone: there is nobody to tell
	}
	for _, note := range t.Notes {
		fmt.Fprintln(w, note)
	}
}

// keep writes the table and its plot into a folder.
func (t *table) keep(dir string) error {
	text, err := json.MarshalIndent(t, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, t.Name+".json"), append(text, '\n'), 0o600); err != nil {
		return err
	}
	plot := t.plot
	if t.OverTime != nil {
		plot = func() []byte { return t.OverTime.plot(t.About) }
	}
	return os.WriteFile(filepath.Join(dir, t.Name+".svg"), plot(), 0o600)
}

func machine() string {
	return fmt.Sprintf("%d CPUs, %s, %s/%s", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
