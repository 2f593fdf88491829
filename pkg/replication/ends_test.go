package replication_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
)

func TestASourceThatFailsAfterItsLastStateFailsTheSyncAndKeepsTheState(t *testing.T) {
	t.Parallel()
	r := trial{
		source: func(p *process) int {
			p.say(record("users", 1), streamState("users", 1))
			_, _ = p.err.WriteString("boom\nhere: password\n")
			return 1
		},
		destination: echoes(nil, nil),
	}.start(t).is(store.Failed, "the source exited with code 1", "stream users: not known to be complete").
		keeps(body("users", 1)).logs(true, "source INFO boom")
	if r.ledger.Streams[0].Complete || r.ledger.Source.Exit.Code != 1 {
		t.Errorf("ledger %+v", r.ledger)
	}
}

// endedRun is a run that ended in a way of its own.
type endedRun struct {
	*fakeRun
	exit connector.Exit
	err  error
}

func (r endedRun) Wait() (connector.Exit, error) {
	_, _ = r.fakeRun.Wait()
	return r.exit, r.err
}

func TestHowASourceEndedIsToldAndRedacted(t *testing.T) {
	t.Parallel()
	hide := func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") }
	for reason, run := range map[string]endedRun{
		"exited with code 137 (SIGKILL): the kernel ended it for want of memory": {exit: connector.Exit{Code: 137, Signal: "SIGKILL", OOM: true, Reason: "the kernel ended it for want of memory"}},
		"its last words on stderr: b | c *** | d":                                {exit: connector.Exit{Code: 2, StderrTail: "a\nb\nc hunter2\nd\n"}},
		"how the source ended is not known: the pod is lost":                     {err: errors.New("the pod is lost")},
	} {
		run.fakeRun = start(t, says(0, record("users", 1), streamState("users", 1)))
		r := trial{run: run, destination: echoes(nil, nil), cfg: replication.Config{Redact: hide}}.start(t).
			is(store.Failed, reason).keeps(body("users", 1))
		if (r.ledger.Source.Exit == nil) != (run.err != nil) {
			t.Errorf("exit %v", r.ledger.Source.Exit)
		}
	}
}

func TestErrorsThatAConnectorTellsAreReasons(t *testing.T) {
	t.Parallel()
	hide := func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") }
	t.Run("twice, the second without a stream, exit 1", func(t *testing.T) {
		r := trial{
			source: says(1, status("users", "STARTED"), status("orders", "STARTED"), record("users", 1), status("users", "INCOMPLETE"),
				traceError("users failed with hunter2", "users"), record("orders", 1), status("orders", "COMPLETE"), streamState("orders", 1), traceError("some streams failed", "")),
			destination: echoes(nil, nil),
			cfg:         replication.Config{Streams: []replication.Stream{named("users"), named("orders")}, Redact: hide},
		}.start(t).is(store.Failed, "exited with code 1: stream users: users failed with *** (system_error)", "stream users: the source says it is INCOMPLETE")
		if n := len(r.ledger.Source.Errors); n != 2 || r.store.of("orders") == "" || !r.ledger.Streams[1].Complete || r.ledger.Streams[0].Complete {
			t.Errorf("ledger %+v", r.ledger)
		}
	})
	t.Run("without a stream, exit 0", func(t *testing.T) {
		trial{source: says(0, record("users", 1), traceError("no", "")), destination: echoes(nil, nil)}.start(t).
			is(store.Failed, "the source reported an error, and exited with code 0: no (system_error)")
	})
	t.Run("of a stream, exit 0", func(t *testing.T) {
		trial{source: says(0, record("users", 1), traceError("no", "users")), destination: echoes(nil, nil)}.start(t).
			is(store.Incomplete, "the source reported an error: stream users: no (system_error)")
	})
	t.Run("of the destination, exit 0", func(t *testing.T) {
		trial{source: says(0, record("users", 1)), destination: func(p *process) int {
			p.drain()
			p.say(traceError("no table", ""))
			return 0
		}}.start(t).is(store.Failed, "the destination reported an error, and exited with code 0: no table")
	})
	t.Run("many", func(t *testing.T) {
		var many []string
		for range 1000 {
			many = append(many, traceError("no", ""))
		}
		if r := (trial{source: says(1, many...), destination: echoes(nil, nil)}.start(t)); len(r.ledger.Source.Errors) != 10 {
			t.Errorf("%d errors kept", len(r.ledger.Source.Errors))
		}
	})
}

func TestAFailedConnectionInTheMiddleOfAReadFailsTheSync(t *testing.T) {
	t.Parallel()
	failed := `{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"token hunter2 is no good"}}`
	hide := func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") }
	var got strings.Builder
	trial{
		source: says(0, record("users", 1), failed, streamState("users", 1)), destination: echoes(&got, nil),
		cfg: replication.Config{SupportsRefreshes: true, Redact: hide},
	}.start(t).is(store.Failed, "the source says that its connection failed: token *** is no good").keeps(body("users", 1)).logs(false, "hunter2")
	if strings.Contains(got.String(), "COMPLETE") {
		t.Error("the stream was called COMPLETE")
	}
	trial{source: says(0, strings.Replace(failed, `,"message":"token hunter2 is no good"`, "", 1)), destination: echoes(nil, nil)}.
		start(t).is(store.Failed, "no message given")
	trial{source: says(0, strings.Replace(failed, "FAILED", "SUCCEEDED", 1)), destination: echoes(nil, nil)}.start(t).is(store.Succeeded)
	trial{source: says(0), destination: func(p *process) int {
		p.drain()
		p.say(failed)
		return 0
	}}.start(t).is(store.Failed, "the destination reported an error")
}

func TestStartupErrorsOnStdoutWithExit0AreNoSuccessOnceStatusesAreSent(t *testing.T) {
	t.Parallel()
	trial{source: says(0, status("users", "STARTED"), "Please provide path to..."), destination: echoes(nil, nil)}.start(t).
		is(store.Incomplete, "stream users: the source never said it is COMPLETE")
}

func TestADestinationThatEndsTooEarlyEndsTheSource(t *testing.T) {
	t.Parallel()
	idle := func(p *process) int { // the source has more to come, but not now
		p.say(record("users", 1), streamState("users", 1))
		return p.hang()
	}
	busy := func(p *process) int {
		for i := 0; p.say(record("users", i)); i++ {
		}
		return 0
	}
	readTwo := func(code int) program {
		return func(p *process) int {
			p.line()
			if l, _ := p.line(); isState(l) {
				p.say(l)
			}
			return code
		}
	}
	for name, c := range map[string]struct {
		source  program
		code    int
		outcome store.Status
		reason  string
		kept    string
	}{
		"exit 1, source idle": {idle, 1, store.Failed, "the destination exited with code 1", body("users", 1)},
		"exit 0, source idle": {idle, 0, store.Incomplete, "the destination ended before it had read everything (it exited with code 0)", body("users", 1)},
		"exit 1, source busy": {busy, 1, store.Failed, "the destination exited with code 1", ""},
		"exit 0, source busy": {busy, 0, store.Incomplete, "(it exited with code 0)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := trial{source: c.source, destination: readTwo(c.code)}.start(t).is(c.outcome, c.reason).keeps(c.kept)
			if exit := r.ledger.Source.Exit; exit == nil || !exit.Terminated && name != "exit 0, source busy" && name != "exit 1, source busy" {
				t.Errorf("the source's exit: %+v", exit)
			}
		})
	}
}

// TestAKilledDestinationsStatesAreKept: what was in the pipe when it died counts.
func TestAKilledDestinationsStatesAreKept(t *testing.T) {
	t.Parallel()
	var d *fakeRun
	d = start(t, func(p *process) int {
		for {
			l, ok := p.line()
			if !ok {
				return 0
			}
			if isState(l) {
				p.say(l)
				d.die(connector.Exit{Code: 137, Signal: "SIGKILL"})
			}
		}
	})
	m := newMemory()
	relay := replication.New(replication.Config{Streams: []replication.Stream{named("users")}, Checkpoints: m},
		start(t, func(p *process) int {
			p.say(record("users", 1), streamState("users", 1))
			for i := 0; p.say(record("users", i)); i++ {
			}
			return 1
		}), d)
	result{t: t, ledger: relay.Run(t.Context()), store: m}.
		is(store.Failed, "the destination exited with code 137 (SIGKILL)").keeps(body("users", 1))
}

// TestADestinationThatClosesItsInputMayFinish, and is incomplete.
func TestADestinationThatClosesItsInputMayFinish(t *testing.T) {
	t.Parallel()
	r := trial{
		source: func(p *process) int {
			p.say(record("users", 1), streamState("users", 1))
			for i := 0; p.say(record("users", i)); i++ {
			}
			return 1
		},
		destination: func(p *process) int {
			p.line()
			l, _ := p.line()
			_ = p.stdin.Close()
			p.sleep(50 * time.Millisecond)
			p.say(l)
			return 0
		},
	}.start(t).is(store.Incomplete, "the destination stopped reading").keeps(body("users", 1))
	if r.ledger.Streams[0].Complete {
		t.Error("called complete")
	}
}

func TestADestinationThatFailsAtItsEndFailsTheSync(t *testing.T) {
	t.Parallel()
	trial{source: says(0, record("users", 1), streamState("users", 1)), destination: func(p *process) int {
		for _, l := range p.drain() {
			p.say(l)
		}
		return 3
	}}.start(t).is(store.Failed, "the destination exited with code 3").keeps(body("users", 1))
}

// TestASourceThatClosesItsOutputAndLivesOnIsEnded, and so is one that in
// addition ignores that it is told to end.
func TestASourceThatClosesItsOutputAndLivesOnIsEnded(t *testing.T) {
	t.Parallel()
	for _, ignores := range []bool{false, true} {
		trial{
			source: func(p *process) int {
				p.say(record("users", 1), streamState("users", 1))
				_ = p.out.Close()
				return p.hang()
			},
			sourceHandles: ignores,
			destination:   echoes(nil, nil),
			cfg:           replication.Config{Limits: replication.Limits{SourceExit: 50 * time.Millisecond}},
		}.start(t).is(store.Failed, "the source closed its output and did not end within 50ms").keeps(body("users", 1))
	}
}

func TestASourceMayTakeItsTimeToEnd(t *testing.T) {
	t.Parallel()
	for _, limit := range []time.Duration{-1, time.Minute} {
		trial{
			source: func(p *process) int {
				p.say(record("users", 1))
				_ = p.out.Close()
				p.sleep(100 * time.Millisecond)
				return 0
			},
			destination: echoes(nil, nil),
			cfg:         replication.Config{Limits: replication.Limits{SourceExit: limit}},
		}.start(t).is(store.Succeeded)
	}
}

func TestASourceThatIgnoresTerminationIsKilled(t *testing.T) {
	t.Parallel()
	began := time.Now()
	r := trial{
		source: func(p *process) int {
			p.say(record("users", 1), streamState("users", 1))
			return p.hang()
		},
		sourceHandles: true,
		destination:   echoes(nil, nil),
		during:        func(r *replication.Relay, _ context.CancelCauseFunc) { waitReturned(r, 1); r.Drain() },
	}.start(t).is(store.Cancelled, "cancelled").keeps(body("users", 1))
	if e := r.ledger.Source.Exit; e.Signal != "SIGKILL" || time.Since(began) > 20*time.Second {
		t.Errorf("exit %+v after %s", e, time.Since(began))
	}
}

// waitReturned waits until the destination has returned n states.
func waitReturned(r *replication.Relay, n int64) {
	for r.Progress().Total.StatesReturned < n {
		time.Sleep(time.Millisecond)
	}
}

// TestAComplaintIsRedactedBeforeItIsCut: half a secret cannot be recognised.
func TestAComplaintIsRedactedBeforeItIsCut(t *testing.T) {
	t.Parallel()
	hide := func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") }
	r := trial{
		source:      says(0, logLine("ERROR", strings.Repeat("x", 296)+"hunter2")),
		destination: echoes(nil, nil), cfg: replication.Config{Redact: hide},
	}.start(t).is(store.Incomplete, "its log has an error: xxx")
	if strings.Contains(strings.Join(r.ledger.Reasons, " "), "hunt") {
		t.Errorf("reasons %q", r.ledger.Reasons)
	}
}
