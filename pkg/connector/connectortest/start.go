package connectortest

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"knelt.dev/pkg/connector"
)

var startTests = map[string]func(*testing.T, Harness){
	"ArgumentsAreExact":                    argumentsAreExact,
	"FilesArePrivateAndWritable":           filesArePrivateAndWritable,
	"TheEnvironmentIsDeliberate":           theEnvironmentIsDeliberate,
	"AMissingProgramIsAStartError":         aMissingProgramIsAStartError,
	"ACancelledContextStartsNothing":       aCancelledContextStartsNothing,
	"TheContextOfTheStartDoesNotEndTheRun": theContextOfTheStartDoesNotEndTheRun,
	"StandardInputWaits":                   standardInputWaits,
}

func (h Harness) report(t *testing.T, inv connector.Invocation) Report {
	t.Helper()
	stdout, stderr, exit := h.run(t, "report", inv)
	var r Report
	if err := json.Unmarshal(stdout, &r); err != nil {
		t.Fatalf("the probe's report: %v\nstdout %q\nstderr %q\nexit %+v", err, stdout, stderr, exit)
	}
	return r
}

// argumentsAreExact: kits read them by position.
func argumentsAreExact(t *testing.T, h Harness) {
	config, catalog, state := []byte(`{"a":1}`), []byte(`{"streams":[]}`), []byte(`[]`)
	for _, c := range []struct {
		inv  connector.Invocation
		want string
	}{
		{connector.Invocation{Command: connector.Spec}, "spec"},
		{connector.Invocation{Command: connector.Check, Config: config}, "check --config F"},
		{connector.Invocation{Command: connector.Discover, Config: config}, "discover --config F"},
		{connector.Invocation{Command: connector.Read, Config: config, Catalog: catalog}, "read --config F --catalog F"},
		{connector.Invocation{Command: connector.Read, Config: config, Catalog: catalog, State: state}, "read --config F --catalog F --state F"},
		{connector.Invocation{Command: connector.Write, Config: config, Catalog: catalog}, "write --config F --catalog F"},
	} {
		r := h.report(t, c.inv)
		got := slices.Clone(r.Args)
		for i := 2; i < len(got); i += 2 {
			if !filepath.IsAbs(got[i]) || filepath.Ext(got[i]) != ".json" {
				t.Errorf("%s: file %q, want an absolute path of a .json file", c.inv.Command, got[i])
			}
			got[i] = "F"
		}
		if line := strings.Join(got, " "); line != c.want {
			t.Errorf("got arguments %q, want %q", line, c.want)
		}
	}
}

// filesArePrivateAndWritable: they hold secrets, and the newest Python kit
// rewrites its config.
func filesArePrivateAndWritable(t *testing.T, h Harness) {
	want := map[string]string{"--config": `{"key":"secret"}`, "--catalog": `{"streams":[]}`, "--state": `[ ]`}
	r := h.report(t, connector.Invocation{
		Command: connector.Read, Config: []byte(want["--config"]),
		Catalog: []byte(want["--catalog"]), State: []byte(want["--state"]),
	})
	for flag, content := range want {
		f := r.Files[flag]
		if f.Content != content || f.Mode != 0o600 || f.WriteError != "" {
			t.Errorf("%s: got %+v, want content %q, mode 0600, writable", flag, f, content)
		}
		if f.DirectoryMode != 0o700 {
			t.Errorf("%s: its directory has mode %o, want 0700", flag, f.DirectoryMode)
		}
	}
}

func theEnvironmentIsDeliberate(t *testing.T, h Harness) {
	t.Setenv("KNELT_TEST_SECRET", "of the engine")
	t.Setenv("WORKER_JOB_ID", "12")
	h.Probe.Env = map[string]string{"GIVEN": "a=b c", "DEPLOYMENT_MODE": "CLOUD"}
	r := h.report(t, connector.Invocation{Command: connector.Spec})
	for _, want := range []string{"GIVEN=a=b c", "DEPLOYMENT_MODE=CLOUD", "USE_STREAM_CAPABLE_STATE=true"} {
		if !slices.Contains(r.Env, want) {
			t.Errorf("%s is not in the environment %q", want, r.Env)
		}
	}
	for _, entry := range r.Env {
		name, _, _ := strings.Cut(entry, "=")
		if name == "KNELT_TEST_SECRET" || strings.HasPrefix(name, "WORKER_") {
			t.Errorf("%s reached the connector", name)
		}
	}
}

func aMissingProgramIsAStartError(t *testing.T, h Harness) {
	_, err := h.New(t).Start(context.Background(), h.Missing, connector.Invocation{Command: connector.Spec})
	var start *connector.StartError
	if !errors.As(err, &start) || start.Problem == "" || start.Fix == "" {
		t.Fatalf("got %v, want a StartError with problem and fix", err)
	}
}

func aCancelledContextStartsNothing(t *testing.T, h Harness) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.New(t).Start(ctx, h.Probe, connector.Invocation{Command: connector.Spec}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
}

func theContextOfTheStartDoesNotEndTheRun(t *testing.T, h Harness) {
	c := h.Probe
	c.Env = map[string]string{ModeVariable: "echo"}
	ctx, cancel := context.WithCancel(context.Background())
	run, err := h.New(t).Start(ctx, c, connector.Invocation{Command: connector.Write, Config: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := run.Stdin().Write([]byte("still there")); err != nil {
		t.Error(err)
	}
	r := &Running{Run: run, t: t, timeout: h.Timeout}
	if stdout, _, exit := r.Finish(); string(stdout) != "still there" || exit.Code != 0 {
		t.Fatalf("got %q, %+v", stdout, exit)
	}
}

// standardInputWaits: it is open for every command, and a program that reads
// it waits instead of failing with EAGAIN.
func standardInputWaits(t *testing.T, h Harness) {
	if h.report(t, connector.Invocation{Command: connector.Spec}).StdinNonblocking {
		t.Error("the connector's standard input does not wait")
	}
	run := h.Start(t, h.New(t), "echo", connector.Invocation{Command: connector.Spec})
	if _, err := run.Stdin().Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if stdout, _, exit := run.Finish(); string(stdout) != "x" || exit.Code != 0 {
		t.Errorf("got %q, %+v", stdout, exit)
	}
}
