package connector_test

import (
	"fmt"
	"strings"
	"testing"

	"knelt.dev/pkg/connector"
)

func TestAnExitIsDescribedForUsers(t *testing.T) {
	for want, e := range map[string]connector.Exit{
		"exited with code 0": {},
		"exited with code 143 (SIGTERM) after it was told to end":                {Code: 143, Signal: "SIGTERM", Terminated: true},
		"exited with code 137 (SIGKILL): the kernel ended it for want of memory": {Code: 137, Signal: "SIGKILL", OOM: true, Reason: "the kernel ended it for want of memory"},
		"exited with code 1; child processes that it left behind were ended":     {Code: 1, LeftOver: true},
	} {
		if got := e.Describe(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOnlyABadExitIsAnError(t *testing.T) {
	if err := (connector.Exit{}).Err("source shop"); err != nil {
		t.Error(err)
	}
	err := connector.Exit{Code: 2, StderrTail: "password"}.Err("source shop")
	if err == nil || err.Error() != "source shop exited with code 2" {
		t.Errorf("got %v", err)
	}
}

func TestTheTailIsShownOnlyRedacted(t *testing.T) {
	e := connector.Exit{Code: 1, StderrTail: "a\npassword\n"}
	if got := e.Explain(nil); got != "exited with code 1" {
		t.Errorf("got %q", got)
	}
	got := e.Explain(func(s string) string { return strings.ReplaceAll(s, "password", "***") })
	if want := "exited with code 1; last lines of stderr:\na\n***"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func finish(e connector.Exit, kernel bool, pieces ...string) connector.Exit {
	var w connector.StderrWatch
	for _, p := range pieces {
		w.Show([]byte(p))
	}
	w.Finish(&e, kernel)
	return e
}

func TestWantOfMemoryIsToldFromOtherEnds(t *testing.T) {
	killed := connector.Exit{Code: 137, Signal: "SIGKILL"}
	ours := connector.Exit{Code: 137, Signal: "SIGKILL", Terminated: true}
	stack := strings.Repeat("native stack\n", 2000)
	for name, c := range map[string]struct {
		got    connector.Exit
		oom    bool
		reason string
	}{
		"kernel":            {finish(killed, true), true, "kernel"},
		"somebody":          {finish(killed, false), false, "something other than the engine"},
		"the engine":        {finish(ours, true), false, ""},
		"java":              {finish(connector.Exit{Code: 3}, false, "java.lang.OutOfMemoryError: x"), true, "Java"},
		"java, one thread":  {finish(connector.Exit{Code: 1}, false, "java.lang.OutOfMemoryError: x"), false, "OutOfMemoryError"},
		"3 alone":           {finish(connector.Exit{Code: 3}, false), false, ""},
		"node, long ago":    {finish(connector.Exit{Code: 134, Signal: "SIGABRT"}, false, "JavaScript heap out ", "of memory\n", stack), true, "node"},
		"go":                {finish(connector.Exit{Code: 2}, false, "fatal error: runtime: out of memory\n"), true, "Go"},
		"python":            {finish(connector.Exit{Code: 1}, false, "MemoryError\n"), false, "MemoryError"},
		"python that lives": {finish(connector.Exit{}, false, "MemoryError\n"), false, ""},
		"127":               {finish(connector.Exit{Code: 127}, false), false, "not found"},
		"126":               {finish(connector.Exit{Code: 126}, false), false, "cannot be executed"},
	} {
		if c.got.OOM != c.oom || !strings.Contains(c.got.Reason, c.reason) || (c.reason == "") != (c.got.Reason == "") {
			t.Errorf("%s: got %+v", name, c.got)
		}
	}
}

// TestTheTailIsWholeLinesHoweverItComes: half a secret in a cut line could not
// be redacted.
func TestTheTailIsWholeLinesHoweverItComes(t *testing.T) {
	var text strings.Builder
	for i := 0; text.Len() < 20<<10; i++ {
		fmt.Fprintf(&text, "line %d\n", i)
	}
	all := text.String()
	for _, size := range []int{1, 7, 100, 4 << 10, 4<<10 + 1, 8 << 10, 1 << 20} {
		var w connector.StderrWatch
		for rest := all; rest != ""; rest = rest[min(size, len(rest)):] {
			w.Show([]byte(rest[:min(size, len(rest))]))
		}
		var e connector.Exit
		w.Finish(&e, false)
		if len(e.StderrTail) > 4<<10 || len(e.StderrTail) < 4<<10-len("line 9999\n") || !strings.HasSuffix(all, "\n"+e.StderrTail) {
			t.Errorf("pieces of %d: tail of %d bytes %q...", size, len(e.StderrTail), e.StderrTail[:min(20, len(e.StderrTail))])
		}
	}
	if tail := finish(connector.Exit{}, false, strings.Repeat("x", 5000)+"\n").StderrTail; tail != "" {
		t.Errorf("a piece of a line of 5000 bytes was kept: %d bytes", len(tail))
	}
	exact := strings.Repeat("x", 4<<10-1) + "\n"
	for _, before := range []string{"", "y\n", strings.Repeat("z", 9000) + "\n"} {
		if tail := finish(connector.Exit{}, false, before, exact).StderrTail; tail != exact {
			t.Errorf("after %d bytes: a line that just fits gave %d bytes", len(before), len(tail))
		}
	}
	if tail := finish(connector.Exit{}, false, "a\xffb\n").StderrTail; tail != "a\uFFFDb\n" {
		t.Errorf("got %q", tail)
	}
}
