package pace_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"knelt.dev/loadtest/pace"
)

// TestASlowAnswerDelaysNobodyElse: the next request goes when it is due, while
// all those before still wait.
func TestASlowAnswerDelaysNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var mu sync.Mutex
		sent := map[int]time.Duration{}
		err := pace.Plan{Rate: 10, Count: 20}.Run(t.Context(), func(s pace.Shot) {
			mu.Lock()
			sent[s.N] = time.Since(begin)
			mu.Unlock()
			time.Sleep(time.Minute)
		})
		if err != nil || len(sent) != 20 {
			t.Fatalf("%d were sent: %v", len(sent), err)
		}
		for n, at := range sent {
			if want := time.Duration(n) * 100 * time.Millisecond; at != want {
				t.Errorf("number %d was sent after %s, and was due after %s", n, at, want)
			}
		}
		if took := time.Since(begin); took != time.Minute+1900*time.Millisecond {
			t.Errorf("it did not wait for all answers: it took %s", took)
		}
	})
}

// TestALateGeneratorCatchesUp: what was due while it could not run is sent at
// once, and is due at the time it was.
func TestALateGeneratorCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var mu sync.Mutex
		waited := map[int]time.Duration{}
		ctx := &stalling{Context: t.Context(), stall: func(n int) {
			if n == 3 {
				time.Sleep(500 * time.Millisecond)
			}
		}}
		err := pace.Plan{Rate: 10, Count: 12}.Run(ctx, func(s pace.Shot) {
			mu.Lock()
			defer mu.Unlock()
			waited[s.N] = time.Since(s.Due)
			if want := begin.Add(time.Duration(s.N) * 100 * time.Millisecond); !s.Due.Equal(want) {
				t.Errorf("number %d was due at %s, not %s", s.N, s.Due, want)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range map[int]time.Duration{1: 0, 3: 400 * time.Millisecond, 4: 300 * time.Millisecond, 11: 0} {
			if waited[n] != want {
				t.Errorf("number %d went %s late, not %s", n, waited[n], want)
			}
		}
	})
}

// stalling holds the generator up where it asks whether it is to end.
type stalling struct {
	context.Context
	asked int
	stall func(int)
}

func (s *stalling) Done() <-chan struct{} {
	s.stall(s.asked)
	s.asked++
	return s.Context.Done()
}

func TestWithoutARateAllGoAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var all sync.WaitGroup
		all.Add(50)
		if err := (pace.Plan{Count: 50}).Run(t.Context(), func(pace.Shot) { all.Done(); all.Wait() }); err != nil || time.Since(begin) != 0 {
			t.Errorf("it took %s: %v", time.Since(begin), err)
		}
	})
}

func TestTheEndOfTheContextEndsTheSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("the watch was cut")
		time.AfterFunc(950*time.Millisecond, func() { cancel(why) })
		var mu sync.Mutex
		n := 0
		err := pace.Plan{Rate: 10, Count: 100}.Run(ctx, func(pace.Shot) { mu.Lock(); n++; mu.Unlock() })
		if !errors.Is(err, why) || n != 10 {
			t.Errorf("%d were sent: %v", n, err)
		}
	})
}

func TestLatenciesKeepThreeDigits(t *testing.T) {
	var l pace.Latencies
	if l.At(50) != 0 || l.Count() != 0 {
		t.Error("it is not empty at first")
	}
	for n := 1; n <= 1000; n++ {
		if err := l.Record(time.Duration(n) * time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	for percent, want := range map[float64]time.Duration{50: 500 * time.Millisecond, 99: 990 * time.Millisecond, 100: time.Second} {
		if got := l.At(percent); got < want || got > want+want/500 {
			t.Errorf("%v%% is %s, not %s", percent, got, want)
		}
	}
	if l.Count() != 1000 {
		t.Errorf("it has %d", l.Count())
	}
}

func TestWhatCannotBeALatencyIsAnError(t *testing.T) {
	var l pace.Latencies
	for _, d := range []time.Duration{-time.Millisecond, 3 * time.Hour} {
		if err := l.Record(d); err == nil {
			t.Errorf("%s was taken", d)
		}
	}
	if l.Count() != 0 {
		t.Errorf("%d were kept", l.Count())
	}
}
