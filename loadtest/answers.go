package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"knelt.dev/loadtest/pace"
	"knelt.dev/loadtest/site"
)

// The questions: so many in all, of which each fifth is put to a bare pod.
const (
	answerQuestions = 90
	answerRate      = 0.4
)

// inTurn is whom the questions are put to.
var inTurn = []string{"check", "discover", "check", "discover", bareName}

// runAnswers asks check and discover at a fixed rate, with functions that run, and
// tells what of the time is not the connector's. The connector is a stopwatch,
// which logs when its process began and ended; the pod was created when a watch
// told so. What is left, before the one and after the other, is Knelt's and
// Knative's. How long a pod takes to start counts as the connector's, but for what
// the bridge adds: beside, pods without one run the same command.
func runAnswers(ctx context.Context, o options, s *site.Site) (*table, error) {
	q := newQuestions(s)
	if err := s.AtZero(emptiesWithin); err != nil {
		return nil, err
	}
	t := &table{Columns: quantiles, Bars: "p50"}
	if err := q.fromZero(ctx, t); err != nil {
		return nil, err
	}
	plan := pace.Plan{Rate: o.rate, Count: or(o.count, answerQuestions)}
	if plan.Rate == 0 {
		plan.Rate = answerRate
	}
	var mu sync.Mutex
	var errs []error
	asked := map[string][]*question{}
	err := plan.Run(ctx, func(shot pace.Shot) {
		one, err := q.ask(ctx, inTurn[shot.N%len(inTurn)], shot)
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, err)
		asked[one.of] = append(asked[one.of], one)
	})
	if err = errors.Join(condensed(errs), err); err != nil {
		return nil, err
	}
	if err := q.complete(asked); err != nil {
		return nil, err
	}
	t.Notes = append(t.Notes, fmt.Sprintf("ms, from the moment at which a question was due; %v questions in a second", plan.Rate))
	return t, answerRows(t, asked)
}

// questions puts them.
type questions struct {
	s    *site.Site
	logs *stopwatches
	bare *bares
	body []byte
}

func newQuestions(s *site.Site) *questions {
	q := &questions{s: s, logs: followStopwatches(s), bare: watchBares(s)}
	q.body, _ = json.Marshal(map[string]any{ // strings alone
		"apiVersion": "knelt.dev/v1alpha1", "kind": "Source", "metadata": map[string]any{"name": "stopwatch"},
		"spec": map[string]any{"connector": map[string]any{"image": s.Images["stopwatch"]}},
	})
	return q
}

// fromZero asks each function once to have the connector's spec remembered, lets
// it go to zero, and asks again.
func (q *questions) fromZero(ctx context.Context, t *table) error {
	for _, round := range []string{"spec", "zero"} {
		for _, function := range []string{"check", "discover"} {
			one, err := q.ask(ctx, function, pace.Shot{N: -1, Due: time.Now()})
			if err != nil {
				return err
			}
			if round == "zero" {
				t.Notes = append(t.Notes, fmt.Sprintf("%s, of a function at zero: %.2f s", function, one.answered.Sub(one.due).Seconds()))
			}
		}
		if round == "spec" {
			if err := q.s.AtZero(emptiesWithin); err != nil {
				return err
			}
		}
	}
	return nil
}

// answerWithin is how long a question may take.
const answerWithin = 2 * time.Minute

// ask puts one question and waits for the answer.
func (q *questions) ask(ctx context.Context, of string, shot pace.Shot) (*question, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	one := &question{of: of, id: of + "-" + strconv.Itoa(shot.N) + "-" + strconv.FormatInt(shot.Due.UnixNano(), 36), due: shot.Due}
	if of == bareName {
		err := q.bare.run(ctx, one)
		return one, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, site.Function(of), bytes.NewReader(q.body))
	if err != nil {
		return one, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Request-Id", one.id)
	answer, err := q.s.HTTP.Do(r)
	if err != nil {
		return one, err
	}
	said, err := io.ReadAll(answer.Body)
	one.answered = time.Now()
	if err = errors.Join(err, answer.Body.Close()); err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %d: %.500s", of, answer.StatusCode, said)
	}
	return one, err
}

// toldWithin is how long the log of a function may take to come here.
const toldWithin = 30 * time.Second

// complete adds what the functions' logs and the watch have told.
func (q *questions) complete(asked map[string][]*question) error {
	for of, all := range asked {
		for _, one := range all {
			if of == bareName {
				continue
			}
			is := func() bool { return q.logs.tell(one) }
			if err := q.s.Await("the log of "+one.id, toldWithin, is); err != nil {
				return err
			}
			if one.created, _ = q.s.Crowd.Added(one.pod); one.created.IsZero() {
				return fmt.Errorf("nobody has seen pod %s, which answered %s", one.pod, one.id)
			}
		}
	}
	return nil
}
