package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

func TestNumbersAreGrouped(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := Count(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for n, want := range map[float64]string{0: "0.00", 1234567890: "1,234.57"} {
		if got := Megabytes(n); got != want {
			t.Errorf("%f: %s", n, got)
		}
	}
	for d, want := range map[time.Duration]string{
		400 * time.Millisecond: "0.4 s", 12 * time.Second: "12 s", 59700 * time.Millisecond: "1 min 00 s",
		185 * time.Second: "3 min 05 s", 130 * time.Minute: "2 h 10 min",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}

func TestConnectorsCannotWriteToTheTerminal(t *testing.T) {
	t.Parallel()
	got := Clean("a\x1b[2Jb\rc\u202ed\te\u009bf\n")
	if got != "a�[2Jb�c�d e�f" {
		t.Errorf("%q", got)
	}
}

func ledger(streams ...replication.StreamLedger) *replication.Ledger {
	l := &replication.Ledger{Streams: streams, Elapsed: time.Second}
	for _, s := range streams {
		l.Total.Relayed += s.Relayed
		l.Total.Bytes += s.Bytes
		l.Total.StatesSent += s.StatesSent
		l.Total.StatesReturned += s.StatesReturned
	}
	return l
}

func stream(name string, rows int64) replication.StreamLedger {
	said := rows
	return replication.StreamLedger{
		Stream:   airbyte.Descriptor{Name: name},
		Counts:   replication.Counts{Relayed: rows, Bytes: rows * 1000, SourceSaid: &said, StatesSent: 2, StatesReturned: 1},
		Complete: true,
	}
}

func TestALedgersColumnsAreAlignedAndSayWhatEachSideSaid(t *testing.T) {
	t.Parallel()
	rejected := int64(3)
	orders := stream("orders", 12)
	orders.Complete, orders.Status, orders.DestinationSaid, orders.Rejected = false, airbyte.Incomplete, &orders.Relayed, &rejected
	var b bytes.Buffer
	Ledger(&b, ledger(stream("users", 1234567), orders), Style{})
	want := `STREAM  SOURCE SAID    RELAYED  DESTINATION SAID        MB  STATES  STATUS
users     1,234,567  1,234,567                 -  1,234.57     2/1  complete
orders           12         12   12 + 3 rejected      0.01     2/1  incomplete
total             -  1,234,579                 -  1,234.58     4/2
`
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", &b, want)
	}
}

func TestOfManyStreamsTheBusiestAreShownWithATotal(t *testing.T) {
	t.Parallel()
	var all []replication.StreamLedger
	for i := range int64(25) {
		all = append(all, stream(fmt.Sprintf("s%02d", i), i))
	}
	var p picture
	lines := p.draw(ledger(all...))
	if len(lines) != 1+busiest+1 {
		t.Fatalf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	if !strings.HasPrefix(lines[1], "s15") || !strings.HasPrefix(lines[10], "s24") {
		t.Errorf("not the busiest:\n%s", strings.Join(lines, "\n"))
	}
	if !strings.HasPrefix(lines[11], "total of 25 streams (15 not shown)") {
		t.Errorf("no total: %s", lines[11])
	}
}

func TestAGuessShowsHowFarAStreamIsAndNeverPromisesTheEnd(t *testing.T) {
	t.Parallel()
	running := stream("users", 500)
	running.Complete, running.Status, running.Estimate = false, airbyte.Running, 1000
	if got := doing(running); !strings.Contains(got, " 50 %") || !strings.Contains(got, "running") {
		t.Errorf("%q", got)
	}
	running.Estimate = 400
	if got := doing(running); !strings.Contains(got, " 99 %") {
		t.Errorf("more rows than guessed: %q", got)
	}
}

func TestSpeedFollowsWithoutJumping(t *testing.T) {
	t.Parallel()
	var s speed
	if got := s.add(time.Second, 1000); got != 1000 {
		t.Errorf("first: %f", got)
	}
	got := s.add(2*time.Second, 1000)
	if got <= 500 || got >= 1000 {
		t.Errorf("after a second of nothing: %f", got)
	}
	if again := s.add(2*time.Second, 5000); again != got {
		t.Errorf("no time has passed: %f", again)
	}
}

func TestPipedOutputIsALineEachTenSeconds(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	r := NewLines(&out, &errOut, Subject{"shop-to-lake", "shop", "lake"})
	r.Observe(engine.Event{Kind: engine.Preparing, Sync: 3, Attempt: 1})
	r.Observe(engine.Event{Kind: engine.Started})
	for at := range 125 {
		l := ledger(stream("users", int64(at)*1000))
		l.Elapsed = time.Duration(at) * 200 * time.Millisecond
		r.Observe(engine.Event{Kind: engine.Progress, Ledger: l})
	}
	r.Observe(engine.Event{Kind: engine.Ended, Attempt: 1, Status: store.Failed, Reasons: []string{"no luck"}})
	r.Observe(engine.Event{Kind: engine.Waiting, Attempt: 1, Wait: connection.Duration(10 * time.Second)})
	r.Close()
	want := `shop-to-lake: sync 3 from shop to lake
both connectors run
10 s: 50,000 rows, 50.00 MB, 5.00 MB/s, states: 2 sent, 1 returned
20 s: 100,000 rows, 100.00 MB, 5.00 MB/s, states: 2 sent, 1 returned
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", &out, want)
	}
	if errOut.String() != "attempt 1: failed; the next one begins in 10 s\n  - no luck\n" {
		t.Errorf("stderr: %q", &errOut)
	}
}

func TestEventsAreALineOfJSONEach(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	r := NewEvents(&out, &errOut)
	r.Observe(engine.Event{Kind: engine.Warning, Message: "a <b>\nc"})
	r.Observe(engine.Event{Kind: engine.Ended, Ledger: ledger(stream("users", 1))})
	r.Say("stopping")
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 2 || errOut.String() != "stopping\n" {
		t.Fatalf("%q, %q", lines, &errOut)
	}
	for _, line := range lines {
		var e engine.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Kind == "" {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestColoursOnlyWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	if got := (Style{}).Status(store.Failed); got != "failed" {
		t.Errorf("%q", got)
	}
	if got := (Style{Colour: true}).Status(store.Failed); !strings.Contains(got, "\x1b[") {
		t.Errorf("%q", got)
	}
}
