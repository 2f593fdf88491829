package connectortest

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/connector"
)

var endTests = map[string]func(*testing.T, Harness){
	"TheExitCodeIsTheProgramsOwn":          theExitCodeIsTheProgramsOwn,
	"ASignalIsNamed":                       aSignalIsNamed,
	"TerminateAsksFirst":                   terminateAsksFirst,
	"TerminateEndsByDefaultAction":         terminateEndsByDefaultAction,
	"OneThatIgnoresTheRequestIsKilled":     oneThatIgnoresTheRequestIsKilled,
	"AShorterGraceShortensTheWait":         aShorterGraceShortensTheWait,
	"ALongerGraceDoesNotLengthenIt":        aLongerGraceDoesNotLengthenIt,
	"AStoppedProgramIsKilled":              aStoppedProgramIsKilled,
	"WorkersEndWithTheirParent":            workersEndWithTheirParent,
	"AChildThatKeepsTheOutputsDoesNotHang": aChildThatKeepsTheOutputsDoesNotHang,
	"TerminateAfterTheEndChangesNothing":   terminateAfterTheEnd,
	"WantOfMemoryIsRecognised":             wantOfMemoryIsRecognised,
}

// long is a grace that no test waits for.
const long = time.Hour

func theExitCodeIsTheProgramsOwn(t *testing.T, h Harness) {
	for _, code := range []int{0, 1, 2, 3, 143} {
		_, _, exit := h.run(t, fmt.Sprint("exit:", code), write64)
		if want := (connector.Exit{Code: code}); exit != want {
			t.Errorf("got %+v, want %+v", exit, want)
		}
	}
}

func aSignalIsNamed(t *testing.T, h Harness) {
	_, _, exit := h.run(t, fmt.Sprint("signal-self:", int(syscall.SIGKILL)), write64)
	if exit.Code != 137 || exit.Signal != "SIGKILL" || exit.Terminated || exit.OOM {
		t.Errorf("got %+v", exit)
	}
}

func terminateAsksFirst(t *testing.T, h Harness) {
	run := h.Start(t, h.New(t), "polite:5", write64)
	run.Ready()
	run.Terminate(long)
	stdout, _, exit := run.Finish()
	if string(stdout) != "last words\n" || exit.Code != 5 || !exit.Terminated {
		t.Errorf("got %q, %+v", stdout, exit)
	}
}

func terminateEndsByDefaultAction(t *testing.T, h Harness) {
	run := h.Start(t, h.New(t), "hang", write64)
	run.Ready()
	run.Terminate(long)
	if _, _, exit := run.Finish(); exit.Code != 143 || exit.Signal != "SIGTERM" || !exit.Terminated {
		t.Errorf("got %+v", exit)
	}
}

func (r *Running) wantKilled(t *testing.T) {
	t.Helper()
	if _, _, exit := r.Finish(); !killedByUs(exit) {
		t.Errorf("got %+v, want killed by us", exit)
	}
}

func killedByUs(exit connector.Exit) bool {
	return exit.Code == 137 && exit.Signal == "SIGKILL" && exit.Terminated && !exit.OOM
}

func oneThatIgnoresTheRequestIsKilled(t *testing.T, h Harness) {
	run := h.Start(t, h.New(t), "stubborn", write64)
	run.Ready()
	run.Terminate(100 * time.Millisecond)
	run.wantKilled(t)
}

func aShorterGraceShortensTheWait(t *testing.T, h Harness) {
	for _, shorter := range []time.Duration{50 * time.Millisecond, 0} {
		run := h.Start(t, h.New(t), "stubborn", write64)
		run.Ready()
		run.Terminate(long)
		run.Terminate(shorter)
		run.wantKilled(t)
	}
}

func aLongerGraceDoesNotLengthenIt(t *testing.T, h Harness) {
	run := h.Start(t, h.New(t), "stubborn", write64)
	run.Ready()
	run.Terminate(100 * time.Millisecond)
	run.Terminate(long)
	run.wantKilled(t)
}

// aStoppedProgramIsKilled: SIGTERM does not reach it. Nobody can see from here
// when it has stopped: one that SIGTERM reached before is given more time.
func aStoppedProgramIsKilled(t *testing.T, h Harness) {
	for wait := 100 * time.Millisecond; ; wait *= 4 {
		run := h.Start(t, h.New(t), fmt.Sprint("signal-self:", int(syscall.SIGSTOP)), write64)
		time.Sleep(wait)
		run.Terminate(100 * time.Millisecond)
		_, _, exit := run.Finish()
		if exit.Signal == "SIGTERM" && wait < 5*time.Second {
			continue
		}
		if !killedByUs(exit) {
			t.Errorf("got %+v, want killed by us", exit)
		}
		return
	}
}

func workersEndWithTheirParent(t *testing.T, h Harness) {
	run := h.Start(t, h.New(t), "workers:10", write64)
	run.Ready()
	run.Terminate(100 * time.Millisecond)
	run.wantKilled(t)
}

func aChildThatKeepsTheOutputsDoesNotHang(t *testing.T, h Harness) {
	for _, how := range []string{"", "setsid"} {
		if _, _, exit := h.run(t, "leave:"+how, write64); exit.Code != 7 || exit.Terminated {
			t.Errorf("%q: got %+v", how, exit)
		}
	}
}

func terminateAfterTheEnd(t *testing.T, h Harness) {
	run := h.Start(t, h.New(t), "exit:4", write64)
	_, _, exit := run.Finish()
	run.Terminate(time.Second)
	run.Terminate(0)
	if exit.Code != 4 || exit.Terminated {
		t.Errorf("got %+v", exit)
	}
}

func wantOfMemoryIsRecognised(t *testing.T, h Harness) {
	for _, c := range []struct {
		said string
		code int
		oom  bool
	}{
		{"java.lang.OutOfMemoryError: Java heap space", 3, true},
		{"java.lang.OutOfMemoryError: Java heap space", 1, false},
		{"FATAL ERROR: Reached heap limit - JavaScript heap out of memory", 134, true},
		{"MemoryError", 1, false},
	} {
		_, _, exit := h.run(t, fmt.Sprintf("say:%d:%s", c.code, c.said), write64)
		if exit.Code != c.code || exit.OOM != c.oom || exit.Reason == "" || !strings.Contains(exit.StderrTail, c.said) {
			t.Errorf("%s with code %d: got %+v", c.said, c.code, exit)
		}
	}
}
