package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"knelt.dev/events"
	"knelt.dev/loadtest/site"
)

func heardOf(t *testing.T, after time.Duration, p events.Payload) site.Heard {
	t.Helper()
	e, err := events.New(events.Origin{Source: events.FromSync}, p)
	if err != nil {
		t.Fatal(err)
	}
	return site.Heard{Event: e, At: noon.Add(after)}
}

func runOf(name string) events.Run {
	return events.Run{Connection: events.Ref{Name: name}, Due: noon, Attempt: 1, Kind: events.Sync}
}

func startOf(name string, after time.Duration) *events.SyncStart {
	return &events.SyncStart{Run: runOf(name), Sync: 1, Epoch: 1, Started: noon.Add(after)}
}

func resultOf(name string, begun, ended time.Duration) *events.SyncResult {
	rows := int64(1000)
	return &events.SyncResult{
		Run: runOf(name), Sync: 1, Attempts: 1, Outcome: events.Succeeded, Started: noon.Add(begun), Ended: noon.Add(ended),
		Total: events.Counts{Relayed: rows, DestinationSaid: &rows},
	}
}

func sent(names ...string) map[string]way {
	all := map[string]way{}
	for _, name := range names {
		all[name] = way{due: noon, accepted: noon.Add(10 * time.Millisecond)}
	}
	return all
}

// TestPhasesAddUpToTheWhole: no part of a sync's way is counted twice, or not at
// all.
func TestPhasesAddUpToTheWhole(t *testing.T) {
	const s = time.Second
	all, err := ways(sent("a"), []site.Heard{
		heardOf(t, 3*s, startOf("other", 0)),
		heardOf(t, 6*s, resultOf("a", 2*s, 5*s)), // overtakes the start
		heardOf(t, 7*s, startOf("a", 3*s)),
		heardOf(t, 9*s, resultOf("a", 2*s, 5*s)), // delivered again
	})
	if err != nil {
		t.Fatal(err)
	}
	table := &table{Columns: quantiles}
	if err := table.phaseRows(all); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, want := range []float64{10, 2000, 1000, 2000, 1000, 6000} {
		got := float64(table.Rows[i].Values[0])
		if got < want || got > want*1.002 {
			t.Errorf("%s: %v, want %v", table.Rows[i].Name, got, want)
		}
		if i > 0 && i < 5 {
			sum += got
		}
	}
	if sum < 5990 || sum > 6010 {
		t.Errorf("the parts are %v ms", sum)
	}
}

func TestAWayWithoutAnEndIsAnError(t *testing.T) {
	failed := resultOf("a", 0, 1)
	failed.Outcome, failed.Reasons = events.Failed, []string{"the source failed"}
	for name, c := range map[string]struct {
		heard []site.Heard
		says  string
	}{
		"no result":   {[]site.Heard{heardOf(t, 1, startOf("a", 0))}, "from its start to its end"},
		"no start":    {[]site.Heard{heardOf(t, 1, resultOf("a", 0, 1))}, "from its start to its end"},
		"two starts":  {[]site.Heard{heardOf(t, 1, startOf("a", 0)), heardOf(t, 1, startOf("a", 0))}, "started twice"},
		"no success":  {[]site.Heard{heardOf(t, 1, failed)}, "the source failed"},
		"none at all": {nil, "from its start to its end"},
	} {
		if _, err := ways(sent("a"), c.heard); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRowsThatAreMissingAreAnError(t *testing.T) {
	all := sent("a")
	w := all["a"]
	w.result = resultOf("a", 0, 1)
	all["a"] = w
	if err := exact(all, 1000, true); err != nil {
		t.Error(err)
	}
	if err := exact(all, 1001, true); err == nil {
		t.Error("a missing row was not missed")
	}
	w.result.Total.DestinationSaid = nil
	if err := exact(all, 1000, true); err == nil {
		t.Error("a destination that did not count is believed")
	}
	if exact(all, 1000, false) != nil || exact(all, 1001, false) == nil {
		t.Error("of one that does not count the relayed rows do not count")
	}
}

// TestATimelineIsKeptAndDrawn: as JSON, and as an SVG that a browser can read.
func TestATimelineIsKeptAndDrawn(t *testing.T) {
	line := &timeline{Lines: []string{"pods", "results & more"}}
	done, n := make(chan struct{}), 0.0
	wait := line.follow(done, func() []float64 { n++; return []float64{n, 2} })
	close(done)
	wait()
	if len(line.Points) < 2 || line.Points[len(line.Points)-1][1] != figure(n) {
		t.Errorf("it has %v, of %v looks", line.Points, n)
	}
	line.add(4*time.Second, []float64{0, 50})
	text, err := json.Marshal(table{OverTime: line})
	if err != nil || !strings.Contains(string(text), `[4,0,50]`) {
		t.Errorf("%s %v", text, err)
	}
	plot := line.plot("a <burst>")
	for d := xml.NewDecoder(bytes.NewReader(plot)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, plot)
		}
	}
	if !strings.Contains(string(plot), "V48.0") || strings.Contains(string(plot), "NaN") { // 50 of 50 are at the top
		t.Errorf("drawn: %s", plot)
	}
}
