package replication

import (
	"testing"
	"testing/synctest"
	"time"
)

// side is a run of which only the CPU time matters.
type side struct {
	emptySource
	cpu func() (time.Duration, error)
}

func (s side) CPUTime() (time.Duration, error) { return s.cpu() }

// watchFor runs a watch in a bubble and gives who was found stuck, and when.
func watchFor(t *testing.T, l Limits, sides [2]side, d time.Duration, act func(w *watch)) map[Origin]time.Duration {
	t.Helper()
	found := map[Origin]time.Duration{}
	began, done, ended := time.Now(), make(chan struct{}), make(chan struct{})
	w := newWatch()
	go func() {
		defer close(ended)
		w.run(l, sides[0], sides[1], done, func(who Origin, _ time.Duration) { found[who] = time.Since(began) })
	}()
	act(w)
	time.Sleep(d - time.Since(began))
	close(done)
	<-ended
	return found
}

func cpu(share float64) side {
	began := time.Now()
	return side{cpu: func() (time.Duration, error) { return time.Duration(float64(time.Since(began)) * share), nil }}
}

func TestWhoIsStuckAndWhen(t *testing.T) {
	minute := Limits{SourceIdle: time.Minute, DestinationIdle: time.Minute}
	for name, c := range map[string]struct {
		sides [2]side
		act   func(w *watch)
		want  map[Origin]time.Duration
	}{
		"source, after its limit":                            {[2]side{cpu(0), cpu(0)}, func(w *watch) { w.waiting(true) }, map[Origin]time.Duration{Source: time.Minute}},
		"not the source while the destination makes it wait": {[2]side{cpu(0), cpu(0)}, func(w *watch) { w.waiting(false); w.giving(true) }, map[Origin]time.Duration{Destination: time.Minute}},
		"not the destination while the source has nothing":   {[2]side{cpu(0), cpu(0)}, func(w *watch) { w.giving(false) }, map[Origin]time.Duration{}},
		"destination after its input is closed":              {[2]side{cpu(0), cpu(0)}, func(w *watch) { w.inputClosed() }, map[Origin]time.Duration{Destination: time.Minute}},
		"nobody who computes":                                {[2]side{cpu(0.5), cpu(0.03)}, func(w *watch) { w.waiting(true); w.inputClosed() }, map[Origin]time.Duration{}},
		"who computes next to nothing":                       {[2]side{cpu(0.01), cpu(0.03)}, func(w *watch) { w.waiting(true); w.inputClosed() }, map[Origin]time.Duration{Source: time.Minute}},
		"a late sign of life": {[2]side{cpu(0), cpu(0)}, func(w *watch) {
			w.waiting(true)
			time.Sleep(59 * time.Second)
			w.sourceLives()
		}, map[Origin]time.Duration{Source: 119 * time.Second}},
		"a quota to wait for": {[2]side{cpu(0), cpu(0)}, func(w *watch) {
			w.waiting(true)
			w.quietUntil(time.Now().Add(90 * time.Second).UnixMilli())
		}, map[Origin]time.Duration{Source: 150 * time.Second}},
		"a quota in the past": {[2]side{cpu(0), cpu(0)}, func(w *watch) { w.waiting(true); w.quietUntil(1) }, map[Origin]time.Duration{Source: time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := watchFor(t, minute, c.sides, 4*time.Minute, c.act)
				for who, at := range got {
					if late := at - c.want[who]; late < 0 || late > 3*time.Second {
						t.Errorf("the %s was found stuck after %s, want %s", who, at, c.want[who])
					}
				}
				if len(got) != len(c.want) {
					t.Errorf("found %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestNegativeLimitsAreNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := watchFor(t, Limits{SourceIdle: -1, DestinationIdle: -1}, [2]side{}, 10*time.Minute, func(w *watch) { w.waiting(true); w.inputClosed() })
		if len(got) != 0 {
			t.Errorf("found %v", got)
		}
	})
}

// TestAQuotaInTenYearsIsNotWaitedFor longer than a day.
func TestAQuotaInTenYearsIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch()
		w.waiting(true)
		w.quietUntil(time.Now().AddDate(10, 0, 0).UnixMilli())
		time.Sleep(maxQuiet + time.Minute)
		if idle := w.sourceIdle(); idle != time.Minute {
			t.Errorf("idle for %s a minute after a day", idle)
		}
	})
}

// TestAFrozenRelayBlamesNobody: after SIGSTOP or in a machine that slept, both
// sides seem to have been silent for long.
func TestAFrozenRelayBlamesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch()
		w.waiting(true)
		w.inputClosed()
		time.Sleep(time.Hour)
		w.forgive(1100*time.Millisecond, time.Second)
		if w.sourceIdle() != time.Hour || w.destinationIdle() != time.Hour {
			t.Error("a busy machine is taken for a frozen one")
		}
		w.forgive(time.Hour, time.Second)
		if w.sourceIdle() != 0 || w.destinationIdle() != 0 {
			t.Errorf("idle for %s and %s", w.sourceIdle(), w.destinationIdle())
		}
	})
}
