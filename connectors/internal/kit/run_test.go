package kit

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

// failing is a source whose methods do as they are told.
type failing struct {
	check, read func() error
}

func (failing) Spec() []byte                          { return []byte(`{"connectionSpecification":{"type":"object"}}`) }
func (f failing) Check(context.Context, Config) error { return f.check() }
func (f failing) Discover(context.Context, Config) (*airbyte.StreamCatalog, error) {
	return &airbyte.StreamCatalog{Streams: []airbyte.Stream{}}, nil
}

func (f failing) Read(_ context.Context, _ ReadInput, out *Emitter) error {
	if err := out.Record(NewRecordTemplate(airbyte.Descriptor{Name: "a"}, epochOfTests), []byte(`{}`)); err != nil {
		return err
	}
	return f.read()
}

// runSource runs a command of the source; file arguments are written as NAME=CONTENT.
func runSource(t *testing.T, s Source, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	for i, arg := range args {
		name, content, isFile := strings.Cut(arg, "=")
		if !isFile || strings.HasPrefix(arg, "--") {
			continue
		}
		args[i] = filepath.Join(dir, name)
		if err := os.WriteFile(args[i], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, err bytes.Buffer
	p := program{name: "source", commands: sourceCommands(s), stdin: strings.NewReader(""), stdout: &out, stderr: &err}
	return p.run(args), out.String(), err.String()
}

func TestArgumentsComeInAnyOrder(t *testing.T) {
	source := failing{check: func() error { return nil }, read: func() error { return nil }}
	for _, args := range [][]string{
		{"spec"},
		{"check", "--config", "c={}"},
		{"--config", "c={}", "check"},
		{"discover", "--config", "c={}", "--catalog", "ignored"},
		{"read", "--state", "s=[]", "--catalog", `k={"streams":[]}`, "--config", "c={}"},
		{"--help"},
		{"read", "-h"},
	} {
		if code, stdout, stderr := runSource(t, source, args...); code != 0 || stdout == "" || stderr != "" {
			t.Errorf("%v: %d %s %s", args, code, stdout, stderr)
		}
	}
}

func TestAWrongCommandLineIsTold(t *testing.T) {
	for want, args := range map[string][]string{
		`unknown command ""`:             {},
		`unknown command "write"`:        {"write", "--config", "c", "--catalog", "k"},
		"read needs --config PATH":       {"read"},
		"read needs --catalog PATH":      {"read", "--config", "c"},
		"--config needs a path":          {"read", "--config"},
		"--config given twice":           {"read", "--config", "a", "--config", "b"},
		"unknown option --debug":         {"read", "--debug"},
		"unexpected argument after read": {"read", "more"},
	} {
		code, stdout, stderr := runSource(t, failing{}, args...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, want) || !strings.Contains(stderr, "Usage:") {
			t.Errorf("%v: %d %q %q", args, code, stdout, stderr)
		}
	}
}

func TestErrorsBecomeAnswersTracesAndExitCodes(t *testing.T) {
	inStream := InStream(airbyte.Descriptor{Name: "a"}, TransientError("try again"))
	for name, c := range map[string]struct {
		err         error
		checkCode   int
		check, read string
		readCode    int
	}{
		"config":    {ConfigError("bad key"), 0, `"connectionStatus":{"status":"FAILED","message":"bad key"}`, `"failure_type":"config_error"`, 1},
		"transient": {inStream, 0, `"status":"FAILED"`, `"failure_type":"transient_error","stream_descriptor":{"name":"a"}`, 1},
		"plain":     {errors.New("oh"), 0, `"status":"FAILED"`, `"message":"oh","failure_type":"system_error"`, 1},
		"system":    {SystemError("disk gone"), 1, `"failure_type":"system_error"`, `"failure_type":"system_error"`, 1},
		"exit":      {Exit(7), 7, "", `{"type":"RECORD"`, 7},
	} {
		source := failing{check: func() error { return c.err }, read: func() error { return c.err }}
		code, stdout, _ := runSource(t, source, "check", "--config", "c={}")
		if code != c.checkCode || !strings.Contains(stdout, c.check) {
			t.Errorf("check, %s: %d %s", name, code, stdout)
		}
		code, stdout, _ = runSource(t, source, "read", "--config", "c={}", "--catalog", `k={"streams":[]}`)
		if code != c.readCode || !strings.Contains(stdout, c.read) || !strings.Contains(stdout, `"stream":"a"`) {
			t.Errorf("read, %s: %d %s", name, code, stdout)
		}
	}
}

func TestACrashIsToldAsATrace(t *testing.T) {
	source := failing{read: func() error { panic("row SECRET") }}
	code, stdout, stderr := runSource(t, source, "read", "--config", "c={}", "--catalog", `k={"streams":[]}`)
	if code != 1 || !strings.Contains(stdout, `"type":"RECORD"`) || !strings.Contains(stdout, `"failure_type":"system_error"`) {
		t.Errorf("%d %s", code, stdout)
	}
	if !strings.Contains(stderr, "run_test.go") || strings.Contains(stdout+stderr, "SECRET") {
		t.Errorf("the stack: %s", stderr)
	}
}

func TestFilesThatCannotBeReadAreConfigErrors(t *testing.T) {
	for want, args := range map[string][]string{
		"config: open":                             {"discover", "--config", "/nowhere/c.json"},
		"config: not valid JSON (byte 12)":         {"discover", "--config", `c={"a":"SECRET`},
		"config: the whole must be an object":      {"discover", "--config", `c=["SECRET"]`},
		"catalog: streams[0].stream.name: missing": {"read", "--config", "c={}", "--catalog", `k={"streams":[{"stream":{}}]}`},
		"state file: [0]: must be a JSON object":   {"read", "--config", "c={}", "--catalog", `k={"streams":[]}`, "--state", "s=[1]"},
	} {
		code, stdout, _ := runSource(t, failing{}, args...)
		if code != 1 || !strings.Contains(stdout, `"message":"`+want) || !strings.Contains(stdout, "config_error") || strings.Contains(stdout, "SECRET") {
			t.Errorf("want %s: %d %s", want, code, stdout)
		}
	}
}

func TestOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close() //nolint:errcheck // nothing was written
	var stderr bytes.Buffer
	p := program{name: "source", commands: sourceCommands(failing{}), stdin: strings.NewReader(""), stdout: full, stderr: &stderr}
	if code := p.run([]string{"spec"}); code != 1 || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("%d %s", code, stderr.String())
	}
}
