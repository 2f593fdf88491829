package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
)

// busiest is how many streams are shown: more would fill a small terminal.
const busiest = 10

// picture draws a running sync, a line for each of the busiest streams and one
// for all.
type picture struct {
	speeds map[airbyte.Descriptor]*speed
	total  speed
}

func (p *picture) draw(l *replication.Ledger) []string {
	if l == nil {
		return nil
	}
	rates := p.rates(l)
	table := NewTable("STREAM", ">ROWS", ">MB", ">MB/S", ">STATES SENT", ">RETURNED", "")
	var estimate int64
	for _, s := range chosen(l.Streams, rates) {
		table.Row(Cut(Clean(s.Stream.String()), 40), Count(s.Relayed), Megabytes(float64(s.Bytes)), Megabytes(rates[s.Stream]),
			Count(s.StatesSent), Count(s.StatesReturned), doing(s))
	}
	for _, s := range l.Streams {
		estimate += s.Estimate
	}
	if len(l.Streams) != 1 {
		name := "total"
		if hidden := len(l.Streams) - busiest; hidden > 0 {
			name = fmt.Sprintf("total of %s (%d not shown)", Plural(int64(len(l.Streams)), "stream"), hidden)
		}
		t := l.Total
		table.Row(name, Count(t.Relayed), Megabytes(float64(t.Bytes)), Megabytes(p.total.add(l.Elapsed, t.Bytes)),
			Count(t.StatesSent), Count(t.StatesReturned), progressBar(t.Relayed, estimate)+l.Elapsed.Round(time.Second).String())
	}
	var b strings.Builder
	table.Write(&b)
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

func (p *picture) rates(l *replication.Ledger) map[airbyte.Descriptor]float64 {
	if p.speeds == nil {
		p.speeds = map[airbyte.Descriptor]*speed{}
	}
	rates := map[airbyte.Descriptor]float64{}
	for _, s := range l.Streams {
		if p.speeds[s.Stream] == nil {
			p.speeds[s.Stream] = &speed{}
		}
		rates[s.Stream] = p.speeds[s.Stream].add(l.Elapsed, s.Bytes)
	}
	return rates
}

// chosen are the busiest streams, in the order of the ledger.
func chosen(streams []replication.StreamLedger, rates map[airbyte.Descriptor]float64) []replication.StreamLedger {
	if len(streams) <= busiest {
		return streams
	}
	order := make([]int, len(streams))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := streams[a], streams[b]
		return cmp.Or(cmp.Compare(rates[y.Stream], rates[x.Stream]), cmp.Compare(y.Bytes, x.Bytes))
	})
	order = order[:busiest]
	slices.Sort(order)
	shown := make([]replication.StreamLedger, busiest)
	for i, at := range order {
		shown[i] = streams[at]
	}
	return shown
}

func doing(s replication.StreamLedger) string {
	if s.Complete {
		return "complete"
	}
	return progressBar(s.Relayed, s.Estimate) + strings.ToLower(string(s.Status))
}

// progressBar shows how far a stream is by the source's own guess; nothing if it
// gave none. A guess may be too low, so 100 % is only said of complete streams.
func progressBar(rows, estimate int64) string {
	if estimate <= 0 {
		return ""
	}
	const width = 20
	percent := min(99, 100*rows/estimate)
	full := int(percent * width / 100)
	return fmt.Sprintf("%s%s %2d %%  ", strings.Repeat("█", full), strings.Repeat("░", width-full), percent)
}
