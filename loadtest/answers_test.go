package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"knelt.dev/loadtest/kubectl"
)

const at = 1_764_000_000_000_000_000 // some time, in nanoseconds

func moment(ms int64) time.Time { return time.Unix(0, at+ms*1e6) }

// TestAQuestionIsToldOfByALineOfTheConnectorAndOneOfTheHost, in either order;
// other lines tell nothing.
func TestAQuestionIsToldOfByALineOfTheConnectorAndOneOfTheHost(t *testing.T) {
	said := fmt.Sprintf(`{"time":"2026-03-01T12:00:00Z","level":"INFO","msg":"stopwatch check-x7 %d %d","function":"check","request":"q-1","origin":"source"}`, int64(at), int64(at+3e6))
	const request = `{"level":"INFO","msg":"request","function":"check","request":"q-1","method":"POST","path":"/","status":200,"duration":1500000000}`
	for _, lines := range [][]string{{said, request}, {request, said}} {
		w := &stopwatches{told: map[string]question{}}
		q := &question{id: "q-1"}
		for i, line := range append([]string{`{"msg":"listening"}`, "panic: x", `{"msg":"hello","request":"q-1"}`}, lines...) {
			if w.tell(q) {
				t.Fatalf("all is told before line %d", i)
			}
			w.line([]byte(line))
		}
		if !w.tell(q) || q.pod != "check-x7" || q.inside != 1500*time.Millisecond || q.run() != 3*time.Millisecond {
			t.Errorf("told: %+v", q)
		}
		if w.tell(&question{id: "q-2"}) {
			t.Error("another question is told of, too")
		}
	}
}

func TestABarePodTellsByItsOwnLog(t *testing.T) {
	q := &question{}
	q.take([]byte(`{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}`))
	if !q.ended.IsZero() {
		t.Error("an answer is taken for what the stopwatch says")
	}
	q.take([]byte(fmt.Sprintf(`{"type":"LOG","log":{"level":"INFO","message":"stopwatch bare-1 %d %d"}}`, int64(at), int64(at+1e6))))
	if q.pod != "bare-1" || q.run() != time.Millisecond {
		t.Errorf("told: %+v", q)
	}
}

// TestWhatIsNotTheConnectorsIsKnelts: the parts of a question are the whole, and
// the function's own measure splits none of it off.
func TestWhatIsNotTheConnectorsIsKnelts(t *testing.T) {
	q := &question{
		due: moment(0), created: moment(40), began: moment(940), ended: moment(945), answered: moment(1000), inside: 990 * time.Millisecond,
	}
	for name, c := range map[string]struct {
		got  time.Duration
		want int64 // ms
	}{
		"own": {q.own(), 95}, "before": {q.before(), 40}, "after": {q.after(), 55}, "start": {q.start(), 900}, "run": {q.run(), 5},
		"whole": {q.whole(), 1000}, "way": {q.way(), 10}, "sum": {q.own() + q.start() + q.run(), 1000},
	} {
		if c.got.Milliseconds() != c.want {
			t.Errorf("%s is %s, not %d ms", name, c.got, c.want)
		}
	}
}

func TestTheTableOfAnswersHasAllParts(t *testing.T) {
	asked := map[string][]*question{}
	for i := range int64(100) {
		for _, of := range inTurn {
			q := &question{of: of, due: moment(0), created: moment(20 + i), began: moment(500 + i), ended: moment(510 + i), answered: moment(530 + i), inside: 500 * time.Millisecond}
			if of == bareName {
				q.began = moment(420 + i)
			}
			asked[of] = append(asked[of], q)
		}
	}
	table := &table{Columns: quantiles}
	if err := answerRows(table, asked); err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != 2*len(parts)+1 || table.Rows[0].Name != "check" || table.Rows[7].Name != "discover" {
		t.Errorf("rows: %+v", table.Rows)
	}
	if v := float64(table.Rows[1].Values[2]); v < 138 || v > 140 { // 20+98 before, 20 after
		t.Errorf("p99 of Knelt's own is %v", v)
	}
	if note := table.Notes[0]; !strings.Contains(note, "add 80 ms") || !strings.Contains(note, "p99 is 138 ms") && !strings.Contains(note, "p99 is 139 ms") {
		t.Errorf("noted: %s", note)
	}
	asked["check"][3].answered = moment(0)
	if err := answerRows(table, asked); err == nil {
		t.Error("an answer before its connector's end is believed")
	}
}

func TestIdlePodsAreComparedByUID(t *testing.T) {
	usage := func(namespace, name, uid string, second int, cpu time.Duration) kubectl.Usage {
		return kubectl.Usage{Namespace: namespace, Name: name, UID: uid, At: noon.Add(time.Duration(second) * time.Second), CPU: cpu, Memory: 64 << 20}
	}
	before := []kubectl.Usage{
		usage("knelt-system", "knelt-redis-0", "1", 0, time.Second), usage("knative-serving", "activator", "2", 0, 0), usage("x", "gone", "3", 0, 0),
	}
	after := []kubectl.Usage{
		usage("knelt-system", "knelt-redis-0", "1", 200, 3*time.Second), usage("knative-serving", "activator", "2", 100, 5*time.Second),
		usage("knative-serving", "new", "4", 100, 5*time.Second), usage("somebodys", "else", "5", 100, 0),
	}
	table := &table{Columns: []string{"pods", "CPU m", "memory MiB"}}
	idleRows(table, idleOf(before, after))
	var rows []string
	for _, r := range table.Rows {
		rows = append(rows, fmt.Sprintf("%s %.4g", r.Name, r.Values))
	}
	want := "knelt-connectors [0 0 0]; knelt-system [1 10 64];   knelt-redis-0 [1 10 64]; knative-serving [2 NaN 128]"
	if got := strings.Join(rows, "; "); got != want {
		t.Errorf("rows:\n%s, want\n%s", got, want)
	}
}

func TestSpeedsAreComparedRunByRun(t *testing.T) {
	seconds := func(whole, flow float64) transfer {
		return transfer{time.Duration(whole * 1e9), time.Duration(flow * 1e9)}
	}
	cluster, laptop := []transfer{seconds(4, 2), seconds(8, 5)}, []transfer{seconds(2, 2), seconds(2, 2)}
	if got := transferRatio(cluster, laptop, wholeOf); got != "median 0.38 (0.25 to 0.50)" {
		t.Error(got)
	}
	if got := transferRatio(cluster, laptop, flowOf); got != "median 0.70 (0.40 to 1.00)" {
		t.Error(got)
	}
}
