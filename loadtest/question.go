package main

import (
	"fmt"
	"slices"
	"time"

	"knelt.dev/loadtest/pace"
)

// question is one that was put to a function or to a bare pod.
type question struct {
	of, id, pod   string
	due, answered time.Time
	created       time.Time // the pod
	began, ended  time.Time // the connector's process
	inside        time.Duration
}

// before is what passes until there is a pod, start until its connector runs, run
// until that ends, after until the answer is there.
func (q *question) before() time.Duration { return q.created.Sub(q.due) }
func (q *question) start() time.Duration  { return q.began.Sub(q.created) }
func (q *question) run() time.Duration    { return q.ended.Sub(q.began) }
func (q *question) after() time.Duration  { return q.answered.Sub(q.ended) }
func (q *question) own() time.Duration    { return q.before() + q.after() }
func (q *question) whole() time.Duration  { return q.answered.Sub(q.due) }

// way is what the request takes outside the function.
func (q *question) way() time.Duration { return q.whole() - q.inside }

// parts of a question, in the order of a table's rows.
var parts = []struct {
	name string
	of   func(*question) time.Duration
}{
	{"", (*question).whole},
	{"  Knelt's own", (*question).own},
	{"    before the pod", (*question).before},
	{"    after the connector", (*question).after},
	{"    of it outside the function", (*question).way},
	{"  the pod's start", (*question).start},
	{"  the connector's run", (*question).run},
}

// answerRows adds the rows of each function and of bare pods, and says what a
// bridge adds to a pod's start.
func answerRows(t *table, asked map[string][]*question) error {
	bare := asked[bareName]
	for _, of := range []string{"check", "discover"} {
		for _, p := range parts {
			l, err := latenciesOf(asked[of], p.of)
			if err != nil {
				return err
			}
			t.latencies(rowName(of, p.name), l)
		}
		adds := medianOf(asked[of], (*question).start) - medianOf(bare, (*question).start)
		own, err := latenciesOf(asked[of], (*question).own)
		if err != nil {
			return err
		}
		t.Notes = append(t.Notes, fmt.Sprintf("%s: Knelt's own p99 is %.0f ms (goal <= 150); a bridge and its volumes add %.0f ms to a pod's start, by the medians",
			of, ms(own.At(99)), ms(adds)))
	}
	l, err := latenciesOf(bare, (*question).start)
	t.latencies("a bare pod's start", l)
	return err
}

func rowName(of, part string) string {
	if part == "" {
		return of
	}
	return part
}

func latenciesOf(all []*question, of func(*question) time.Duration) (*pace.Latencies, error) {
	l := &pace.Latencies{}
	for _, q := range all {
		if err := l.Record(of(q)); err != nil {
			return l, fmt.Errorf("%s in pod %s: %w", q.id, q.pod, err)
		}
	}
	return l, nil
}

func medianOf(all []*question, of func(*question) time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	values := make([]float64, 0, len(all))
	for _, q := range all {
		values = append(values, float64(of(q)))
	}
	slices.Sort(values)
	return time.Duration(median(values))
}
