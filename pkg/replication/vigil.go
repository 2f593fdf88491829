package replication

import (
	"time"

	"knelt.dev/pkg/connector"
)

// run looks at both sides until done is closed, and calls stuck, once, with each
// that shows no life.
func (w *watch) run(l Limits, source, destination connector.Run, done <-chan struct{}, stuck func(from Origin, idle time.Duration)) {
	vigils := []*vigil{
		{who: Source, limit: l.SourceIdle, idle: w.sourceIdle, lives: w.sourceLives, clock: cpuClockOf(source)},
		{who: Destination, limit: l.DestinationIdle, idle: w.destinationIdle, lives: w.destinationLives, clock: cpuClockOf(destination)},
	}
	every := lookEvery(l)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for last := time.Now(); ; last = time.Now() {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		w.forgive(time.Since(last), every)
		for _, v := range vigils {
			v.look(stuck)
		}
	}
}

// forgive is told how long the watch itself has not looked. If the relay was
// frozen (SIGSTOP, a suspended machine), nobody is to blame for the gap.
func (w *watch) forgive(gap, every time.Duration) {
	if gap > 2*every+time.Second {
		w.sourceLives()
		w.destinationLives()
	}
}

// lookEvery is how often the sides are looked at.
func lookEvery(l Limits) time.Duration {
	every := time.Second
	for _, d := range []time.Duration{l.SourceIdle, l.DestinationIdle} {
		if d > 0 {
			every = min(every, d/4)
		}
	}
	return max(every, time.Millisecond)
}

// vigil watches one side.
type vigil struct {
	who   Origin
	limit time.Duration
	idle  func() time.Duration
	lives func()

	clock   cpuClock // nil if the side does not tell its CPU time
	sampled bool
	used    time.Duration // CPU time at the sample
	at      time.Duration // idle time at the sample
}

// cpuClock tells the CPU time that a command and its children have used so far.
type cpuClock interface {
	CPUTime() (time.Duration, error)
}

func cpuClockOf(run connector.Run) cpuClock {
	clock, _ := run.(cpuClock)
	return clock
}

func (v *vigil) look(stuck func(Origin, time.Duration)) {
	idle := v.idle()
	switch {
	case v.limit <= 0:
	case idle <= v.limit/2:
		v.sampled = false
	case !v.sampled:
		v.sample(idle)
	case idle <= v.limit:
	case v.works(idle):
		v.sampled = false
		v.lives()
	default:
		v.limit = 0 // once is enough
		stuck(v.who, idle)
	}
}

// sample notes the CPU time in the middle of the idle window, so that only work
// inside it counts.
func (v *vigil) sample(idle time.Duration) {
	v.sampled, v.at = true, idle
	if v.clock == nil {
		return
	}
	used, err := v.clock.CPUTime()
	if err != nil {
		v.clock = nil // a runtime that cannot tell now will not tell later
		return
	}
	v.used = used
}

// works tells whether the side has used more than 2 % of a CPU since the
// sample: it computes something, if in silence.
func (v *vigil) works(idle time.Duration) bool {
	if v.clock == nil {
		return false
	}
	used, err := v.clock.CPUTime()
	return err == nil && used-v.used > (idle-v.at)/50
}
