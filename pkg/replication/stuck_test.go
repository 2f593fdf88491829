package replication_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

// Sides that are to be found stuck get short limits; those that must survive
// give a sign of life a dozen times within theirs, since the machine may be busy.
const (
	soon     = 150 * time.Millisecond
	patience = time.Second
	sign     = patience / 12
	signs    = 17 // together well beyond patience
)

func limits(source, destination time.Duration) replication.Config {
	return replication.Config{Limits: replication.Limits{SourceIdle: source, DestinationIdle: destination}}
}

func TestAStuckSourceIsEnded(t *testing.T) {
	t.Parallel()
	for name, handles := range map[string]bool{"that obeys": false, "that ignores SIGTERM": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			cfg := limits(soon, -1)
			cfg.Streams = []replication.Stream{named("users"), named("orders")}
			cfg.SupportsRefreshes = true
			trial{
				source: func(p *process) int {
					p.say(record("users", 1), streamState("users", 1), status("users", "COMPLETE"), status("orders", "STARTED"))
					_, _ = p.out.WriteString(`{"type":"RECORD","rec`)
					return p.hang()
				},
				sourceHandles: handles,
				destination:   echoes(&got, nil), cfg: cfg,
			}.start(t).is(store.Failed, "the source gave no sign of life for ", "timeouts.sourceIdle").keeps(body("users", 1))
			if !strings.HasSuffix(got.String(), `{"name":"users"},"status":"COMPLETE"}}}`+"\n") {
				t.Errorf("a stream that was whole before is not finished:\n%s", got.String())
			}
		})
	}
}

func TestASourceThatNeverSaysAnythingIsEnded(t *testing.T) {
	t.Parallel()
	trial{source: func(p *process) int { return p.hang() }, destination: echoes(nil, nil), cfg: limits(soon, -1)}.
		start(t).is(store.Failed, "the source gave no sign of life")
}

func TestAStuckDestinationIsEnded(t *testing.T) {
	t.Parallel()
	flood := func(p *process) int {
		p.say(streamState("users", 1))
		for i := 0; p.say(record("users", i)); i++ {
		}
		return 0
	}
	for name, c := range map[string]struct{ source, destination program }{
		"never reads":         {flood, func(p *process) int { return p.hang() }},
		"never reads, little": {says(0, record("users", 1)), func(p *process) int { return p.hang() }},
		"stops in the middle": {flood, func(p *process) int { l, _ := p.line(); p.say(l); return p.hang() }},
		"does not end":        {says(0, streamState("users", 1)), func(p *process) int { p.say(p.drain()...); return p.hang() }},
	} {
		for _, handles := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := trial{source: c.source, destination: c.destination, destinationHandles: handles, cfg: limits(-1, soon)}.
					start(t).is(store.Failed, "the destination neither read nor wrote anything for ", "timeouts.destinationIdle")
				if name == "stops in the middle" || name == "does not end" {
					r.keeps(body("users", 1))
				}
			})
		}
	}
}

// TestASlowSourceIsNotStuck by each of its signs of life.
func TestASlowSourceIsNotStuck(t *testing.T) {
	t.Parallel()
	slowly := func(say func(p *process, i int)) program {
		return func(p *process) int {
			for i := range signs {
				say(p, i)
				p.sleep(sign)
			}
			p.say("", record("users", 1))
			return 0
		}
	}
	for name, source := range map[string]program{
		"records":                 slowly(func(p *process, i int) { p.say(record("users", i)) }),
		"logs on stderr":          slowly(func(p *process, _ int) { _, _ = p.err.WriteString("working\n") }),
		"stderr without newlines": slowly(func(p *process, _ int) { _, _ = p.err.WriteString(".") }),
		"a line in pieces":        slowly(func(p *process, _ int) { _, _ = p.out.WriteString("piece ") }),
		"a quota to wait for": func(p *process) int {
			reset := time.Now().Add(signs * sign).UnixMilli()
			p.say(strings.Replace(status("users", "RUNNING"), `"status":"RUNNING"`,
				`"status":"RUNNING","reasons":[{"type":"RATE_LIMITED","rate_limited":{"quota_reset":`+itoa(reset)+`}}]`, 1))
			p.sleep(signs * sign)
			p.say(record("users", 1), status("users", "COMPLETE"))
			return 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trial{source: source, destination: echoes(nil, nil), cfg: limits(patience, patience)}.start(t).is(store.Succeeded)
		})
	}
}

// TestASlowDestinationIsNotStuck, nor is it the source's fault that it waits.
func TestASlowDestinationIsNotStuck(t *testing.T) {
	t.Parallel()
	large := `{"type":"RECORD","record":{"stream":"users","data":{"x":"` + strings.Repeat("x", 512<<10) + `"}}}`
	for name, destination := range map[string]program{
		"reads a page at a time": func(p *process) int {
			page := make([]byte, 4096)
			for range signs {
				if _, err := p.stdin.Read(page); err != nil {
					return 1
				}
				p.sleep(sign)
			}
			p.drain()
			return 0
		},
		"logs while it commits": func(p *process) int {
			p.drain()
			for range signs {
				_, _ = p.err.WriteString("committing\n")
				p.sleep(sign)
			}
			return 0
		},
		"answers while it commits": func(p *process) int {
			for range signs {
				p.say("busy")
				p.sleep(sign)
			}
			p.drain()
			return 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trial{source: says(0, large, large), destination: destination, cfg: limits(patience/2, patience)}.start(t).is(store.Succeeded)
		})
	}
}

// TestCPUTimeIsASignOfLife for a side that works in silence, and only then.
func TestCPUTimeIsASignOfLife(t *testing.T) {
	t.Parallel()
	began := time.Now()
	clocks := map[string]func() (time.Duration, error){
		"works":   func() (time.Duration, error) { return time.Since(began) / 10, nil },
		"idles":   func() (time.Duration, error) { return time.Hour, nil },
		"unknown": func() (time.Duration, error) { return 0, errors.New("no such process") },
	}
	for name, cpu := range clocks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			silent := start(t, func(p *process) int {
				p.sleep(10 * soon)
				p.say(record("users", 1))
				return 0
			})
			r := trial{run: workingRun{silent, cpu}, destination: echoes(nil, nil), cfg: limits(soon, -1)}.start(t)
			if name == "works" {
				r.is(store.Succeeded)
			} else {
				r.is(store.Failed, "the source gave no sign of life")
			}
		})
	}
}

func TestWithoutLimitsNobodyIsStuck(t *testing.T) {
	t.Parallel()
	trial{source: func(p *process) int {
		p.sleep(300 * time.Millisecond)
		return 0
	}, destination: echoes(nil, nil), cfg: limits(-1, -1)}.start(t).is(store.Succeeded)
}
