package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/client"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
)

// desk is a machine of which a test sees everything.
type desk struct {
	machine
	out, err bytes.Buffer
	signals  chan os.Signal
	exited   chan int
}

func newDesk() *desk {
	d := &desk{signals: make(chan os.Signal, 3), exited: make(chan int, 1)}
	d.machine = machine{
		stdin: strings.NewReader(""), stdout: &d.out, stderr: &d.err, getenv: func(string) string { return "" },
		signals: d.signals, exit: func(code int) { d.exited <- code },
	}
	return d
}

func (d *desk) run(t *testing.T, want int, args ...string) {
	t.Helper()
	if got := run(args, &d.machine); got != want {
		t.Fatalf("knelt %s: exit code %d, not %d\n%s%s", strings.Join(args, " "), got, want, &d.out, &d.err)
	}
}

func TestEveryKindOfEndHasItsExitCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"nothing wrong", nil, 0},
		{"failed", &endedError{store.Failed}, 1},
		{"incomplete", &endedError{store.Incomplete}, 3},
		{"cancelled", &endedError{store.Cancelled}, 130},
		{"interrupted before it began", fmt.Errorf("acquiring: %w", errInterrupted), 130},
		{"usage", usagef("no"), 2},
		{"documents", &connection.Problems{}, 2},
		{"config", fmt.Errorf("x: %w", &engine.ConfigError{Err: errors.New("no")}), 2},
		{"a program that is not there", &connector.StartError{}, 2},
		{"refused by a server", &client.Error{Problem: api.Problem{Status: 403}}, 2},
		{"held, says a server", &client.Error{Problem: api.Problem{Status: 409}}, 1},
		{"a server's own fault", &client.Error{Problem: api.Problem{Status: 500}}, 1},
		{"held by another", &store.HeldError{}, 1},
		{"store out of reach", store.ErrUnavailable, 1},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%s: exit code %d, not %d", c.name, got, c.want)
		}
	}
}

func TestUsageErrorsSayHowToGoOn(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"frobnicate"}, {"sync", "--frobnicate"}, {"sync", "a", "b"}, {"state", "set"}, {"spec", "--command", "x", "-f", "y"}} {
		d := newDesk()
		d.run(t, 2, args...)
		if !strings.Contains(d.err.String(), "knelt --help") || d.out.Len() > 0 {
			t.Errorf("%v: stdout %q, stderr %q", args, &d.out, &d.err)
		}
	}
}

func TestAReaderThatLeavesIsNoError(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.stdout = brokenWriter{syscall.EPIPE}
	d.run(t, 0, "version")
	if d.err.Len() > 0 {
		t.Errorf("it complained: %s", &d.err)
	}
}

func TestAFullDiskIsAnError(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.stdout = brokenWriter{syscall.ENOSPC}
	d.run(t, 1, "version")
	if !strings.Contains(d.err.String(), "cannot write the output") {
		t.Errorf("it says: %s", &d.err)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestSignalsEndGentlyThenAtOnceThenTheProcess(t *testing.T) {
	t.Parallel()
	d := newDesk()
	c := &cli{machine: &d.machine, stderr: &output{w: &d.err}}
	said := make(chan string, 2)
	s, release := c.stoppable(t.Context(), func(text string) { said <- text })
	defer release()

	d.signals <- syscall.SIGINT
	await(t, s.drain)
	if text := <-said; !strings.Contains(text, "Once more (Ctrl-C)") || s.ctx.Err() != nil {
		t.Errorf("the first signal: said %q, context %v", text, s.ctx.Err())
	}
	d.signals <- syscall.SIGINT
	await(t, s.ctx.Done())
	<-said
	d.signals <- syscall.SIGTERM
	if code := <-d.exited; code != 130 {
		t.Errorf("the third signal: exit code %d", code)
	}
}

func TestSignalsEndASyncWhoseOutputNobodyReads(t *testing.T) {
	t.Parallel()
	d := newDesk()
	c := &cli{machine: &d.machine, stderr: &output{w: &d.err}}
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	s, release := c.stoppable(t.Context(), func(string) { <-never })
	defer release()
	for range 3 {
		d.signals <- syscall.SIGINT
	}
	await(t, s.drain)
	await(t, s.ctx.Done())
	if code := <-d.exited; code != 130 {
		t.Errorf("exit code %d", code)
	}
}

func TestAResetIsAskedFor(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.yaml")
	text := "apiVersion: knelt.dev/v1alpha1\nkind: Connection\nmetadata: {name: a-to-b}\nspec: {source: a, destination: b}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for answer, ok := range map[string]bool{"y\n": true, "Yes\n": true, "\n": false, "n\n": false, "": false} {
		d := newDesk()
		d.asks, d.stdin = true, strings.NewReader(answer)
		c := &cli{machine: &d.machine, stderr: &output{w: &d.err}}
		err := c.confirm(t.Context(), &syncOptions{location: location{files: []string{file}}, streams: []string{"users"}}, false)
		if (err == nil) != ok {
			t.Errorf("answer %q: %v", answer, err)
		}
		if !strings.Contains(d.err.String(), "Delete the rows of users of a-to-b at destination b?") {
			t.Errorf("it asked: %s", &d.err)
		}
	}
}

func await(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing happened")
	}
}

func TestHomeIsBesideTheFileUnlessSaidOtherwise(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.yaml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		l    location
		env  string
		want string
	}{
		{location{files: []string{file}}, "", filepath.Join(dir, ".knelt")},
		{location{files: []string{dir}}, "", filepath.Join(dir, ".knelt")},
		{location{files: []string{"-"}}, "", filepath.Join(here, ".knelt")},
		{location{files: []string{file}}, "/env", "/env"},
		{location{files: []string{file}, home: "/flag"}, "/env", "/flag"},
	} {
		got, err := c.l.homeDir(func(string) string { return c.env })
		if err != nil || got != c.want {
			t.Errorf("%+v with KNELT_HOME=%q: %s, not %s (%v)", c.l, c.env, got, c.want, err)
		}
	}
}

func TestACommandLineIsSplitAsAShellDoes(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		`./a  b`:           {"./a", "b"},
		`a 'b c' "d \" e"`: {"a", "b c", `d " e`},
		`a\ b ''`:          {"a b", ""},
		`  `:               nil,
	} {
		got, err := split(line)
		if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%s: %q, not %q (%v)", line, got, want, err)
		}
	}
	for _, line := range []string{`a 'b`, `a "b`, `a\`} {
		if _, err := split(line); err == nil {
			t.Errorf("%s: a quote that is not closed passed", line)
		}
	}
}

func TestQuotedWordsAreSplitBackToThemselves(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"a", "", "a b", "it's", `"`, `\`, "ä/ö.yaml", "$HOME", "a\nb"} {
		got, err := split(quote(word))
		if err != nil || len(got) != 1 || got[0] != word {
			t.Errorf("%q was quoted as %s and read as %q (%v)", word, quote(word), got, err)
		}
	}
}

func TestStreamsAreFoundByNameOrWithTheirNamespace(t *testing.T) {
	t.Parallel()
	known := []airbyte.Descriptor{{Name: "users"}, {Namespace: "a", Name: "orders"}, {Namespace: "b", Name: "orders"}, {Namespace: "a", Name: "x.y"}}
	for name, want := range map[string]airbyte.Descriptor{
		"users": known[0], "b.orders": known[2], "x.y": known[3], "a.x.y": known[3], "unknown": {Name: "unknown"},
	} {
		if got, err := findStream(name, known); err != nil || got != want {
			t.Errorf("%s: %v, not %v (%v)", name, got, want, err)
		}
	}
	if _, err := findStream("orders", known); err == nil || !strings.Contains(err.Error(), "a.orders, b.orders") {
		t.Errorf("orders may be two streams: %v", err)
	}
}

func TestSyncsAreNamedWithOrWithoutTheirConnection(t *testing.T) {
	t.Parallel()
	named := func(word string) (bool, error) { return word == "7", nil }
	for _, c := range []struct {
		args []string
		name string
		id   syncID
	}{
		{nil, "", syncID{}},
		{[]string{"a"}, "a", syncID{}},
		{[]string{"3"}, "", syncID{sync: 3}},
		{[]string{"3-2"}, "", syncID{3, 2}},
		{[]string{"7"}, "7", syncID{}},
		{[]string{"a", "3-2"}, "a", syncID{3, 2}},
	} {
		name, id, err := target(c.args, named)
		if err != nil || name != c.name || id != c.id {
			t.Errorf("%v: %q %+v (%v)", c.args, name, id, err)
		}
	}
	if _, _, err := target([]string{"a", "last"}, named); err == nil {
		t.Error("a sync that is no number passed")
	}
}
