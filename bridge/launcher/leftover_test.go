//go:build linux

package launcher

import (
	"strings"
	"testing"
	"time"

	"knelt.dev/bridge/podfiles"
	"knelt.dev/pkg/connector/connectortest"
)

// probe runs connectortest's connector in a mode.
func (p *pod) probe(mode string) {
	p.t.Helper()
	p.env = append(p.env, connectortest.ModeVariable+"="+mode)
	p.run(self(p.t))
}

func TestAChildThatKeepsAnOutputOpenIsEndedAndTold(t *testing.T) {
	t.Parallel()
	p := newPod(t)
	p.probe("leave:setsid")
	p.line() // its number
	left := descendants(p.cmd.Process.Pid)
	if len(left) == 0 {
		t.Error("no process was left")
	}
	if stdout, _ := p.rest(); stdout != "" {
		t.Errorf("got %q", stdout)
	}
	if exit := p.end(); exit != (podfiles.Exit{Code: 7, LeftOver: true}) {
		t.Errorf("got %+v", exit)
	}
	mustEnd(t, left)
}

// TestAChildWithoutOutputsIsEndedAtOnce: nobody waits for a daemon.
func TestAChildWithoutOutputsIsEndedAtOnce(t *testing.T) {
	t.Parallel()
	p := newPod(t)
	p.flags = []string{"-drain", "1h"}
	p.run("/bin/sh", "-c", "setsid sleep 120 <&- >&- 2>&- & sleep 0.2; echo done")
	if got := p.line(); got != "done" {
		t.Errorf("got %q", got)
	}
	if exit := p.end(); exit != (podfiles.Exit{}) {
		t.Errorf("got %+v", exit)
	}
	mustEnd(t, descendants(p.cmd.Process.Pid))
}

// TestAChildThatWritesOnIsNotCutShort: a line now and then is enough.
func TestAChildThatWritesOnIsNotCutShort(t *testing.T) {
	t.Parallel()
	p := newPod(t)
	p.flags = []string{"-drain", "2s"}
	p.run("/bin/sh", "-c", "(for i in 1 2 3 4 5 6 7 8; do sleep 0.5; echo $i; done) & exit 4")
	if stdout, _ := p.rest(); strings.ReplaceAll(stdout, "\n", "") != "12345678" {
		t.Errorf("got %q", stdout)
	}
	if exit := p.end(); exit != (podfiles.Exit{Code: 4}) {
		t.Errorf("got %+v", exit)
	}
}

// TestAReaderThatComesLateLosesNothing: patience counts only while there is
// nothing to read.
func TestAReaderThatComesLateLosesNothing(t *testing.T) {
	t.Parallel()
	p := newPod(t)
	p.run("/bin/sh", "-c", "(sleep 0.2; head -c 8388608 /dev/zero) & exit 0")
	time.Sleep(2500 * time.Millisecond) // more than twice the drain time
	if stdout, _ := p.rest(); len(stdout) != 8<<20 {
		t.Errorf("%d bytes", len(stdout))
	}
	if exit := p.end(); exit != (podfiles.Exit{}) {
		t.Errorf("got %+v", exit)
	}
}

func TestAChildThatOnlyLogsOnIsEnded(t *testing.T) {
	t.Parallel()
	p := newPod(t)
	p.probe("leave-log")
	if _, stderr := p.rest(); !strings.Contains(stderr, "still here") {
		t.Errorf("stderr %q", stderr)
	}
	if exit := p.end(); exit != (podfiles.Exit{LeftOver: true}) {
		t.Errorf("got %+v", exit)
	}
}

// TestAllEndWhenTheGraceIsOver: workers that ignore SIGTERM, some in sessions of
// their own.
func TestAllEndWhenTheGraceIsOver(t *testing.T) {
	t.Parallel()
	p := newPod(t)
	p.run("/bin/sh", "-c", "trap '' TERM; for i in 1 2 3; do sleep 120 & setsid sleep 120 & done; sleep 0.2; echo ready; while :; do sleep 1; done")
	p.line()
	all := descendants(p.cmd.Process.Pid)
	if len(all) < 7 {
		t.Errorf("only %d processes", len(all))
	}
	p.terminate(200 * time.Millisecond)
	p.rest()
	if exit := p.end(); exit != (podfiles.Exit{Code: 137, Signal: "SIGKILL", Terminated: true}) {
		t.Errorf("got %+v", exit)
	}
	mustEnd(t, all)
}

// TestForkingFasterThanItIsKilledDoesNotHelp.
func TestForkingFasterThanItIsKilledDoesNotHelp(t *testing.T) {
	t.Parallel()
	p := newPod(t)
	p.run("/bin/sh", "-c", "trap '' TERM; echo ready; while :; do (setsid sleep 5 &) ; sleep 0.005; done")
	p.line()
	time.Sleep(200 * time.Millisecond)
	all := descendants(p.cmd.Process.Pid)
	p.terminate(50 * time.Millisecond)
	p.rest()
	if exit := p.end(); exit.Code != 137 || !exit.Terminated {
		t.Errorf("got %+v", exit)
	}
	mustEnd(t, all)
}
