package process_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/pkg/connector"
)

func script(t *testing.T, dir, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatKeepsAProgramFromStartingIsSaid(t *testing.T) {
	dir := t.TempDir()
	script(t, dir, "plain", "#!/bin/sh\n", 0o600)
	script(t, dir, "lost", "#!/no/such/interpreter -x\n", 0o700)
	script(t, dir, "dos", "#!/bin/sh\r\n", 0o700)
	script(t, dir, "noise", "\x00\x01\x02 no program", 0o700)
	rt, root := newRuntime(t)
	for _, c := range []struct {
		con   connector.Connector
		wants []string
		is    error
	}{
		{connector.Connector{}, []string{"no command"}, nil},
		{connector.Connector{Image: "airbyte/x:1"}, []string{"airbyte/x:1", "container"}, nil},
		{connector.Connector{Command: []string{"no-such-program-here"}}, []string{"PATH", os.Getenv("PATH"), "./no-such-program-here"}, fs.ErrNotExist},
		{connector.Connector{Command: []string{"./absent"}, Dir: dir}, []string{dir + "/absent", "build"}, fs.ErrNotExist},
		{connector.Connector{Command: []string{"./plain"}, Dir: dir}, []string{"not executable", "chmod +x"}, fs.ErrPermission},
		{connector.Connector{Command: []string{"plain"}, Env: map[string]string{"PATH": dir}}, []string{"not executable"}, fs.ErrPermission},
		{connector.Connector{Command: []string{"./lost"}, Dir: dir}, []string{"/no/such/interpreter", "first line"}, fs.ErrNotExist},
		{connector.Connector{Command: []string{"./dos"}, Dir: dir}, []string{`/bin/sh\\r`}, fs.ErrNotExist},
		{connector.Connector{Command: []string{"./noise"}, Dir: dir}, []string{"neither a program"}, nil},
		{connector.Connector{Command: []string{dir}}, []string{"is a directory"}, nil},
		{connector.Connector{Command: []string{"/bin/sh"}, Dir: dir + "/nowhere"}, []string{"working directory"}, fs.ErrNotExist},
		{connector.Connector{Command: []string{"/bin/sh"}, Dir: dir + "/plain"}, []string{"not a directory"}, nil},
		{connector.Connector{Command: []string{"/bin/sh"}, Env: map[string]string{"A=B": "secret"}}, []string{"A=B"}, nil},
		{connector.Connector{Command: []string{"/bin/sh"}, Env: map[string]string{"A": "secret\x00"}}, []string{`"A"`, "NUL"}, nil},
	} {
		_, err := rt.Start(context.Background(), c.con, write)
		var start *connector.StartError
		if !errors.As(err, &start) {
			t.Errorf("%q: got %v, want a StartError", c.con.Command, err)
			continue
		}
		for _, want := range c.wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %q does not say %q", c.con.Command, err, want)
			}
		}
		if c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%q: %v is not %v", c.con.Command, err, c.is)
		}
		if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q shows a secret", err)
		}
	}
	mustBeEmpty(t, root)
}

// TestAProgramIsFoundAsAShellWould: with a slash relative to the connector's
// directory, else on the PATH that the connector gets.
func TestAProgramIsFoundAsAShellWould(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	script(t, dir, "bin/tell", "#!/bin/sh\npwd\necho \"$0\"\n", 0o700)
	cwd, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []connector.Connector{
		{Command: []string{"bin/tell"}, Dir: dir},
		{Command: []string{"./bin/tell"}, Dir: dir},
		{Command: []string{dir + "/bin/tell"}, Dir: dir},
		{Command: []string{"tell"}, Dir: dir, Env: map[string]string{"PATH": ".:" + dir + "/bin:/usr/bin:/bin"}},
	} {
		h := harness(t)
		h.Probe = c
		stdout, stderr, exit := h.Start(t, h.New(t), "", write).Finish()
		if !strings.HasPrefix(string(stdout), cwd+"\n") || !strings.HasSuffix(string(stdout), "/bin/tell\n") || exit.Code != 0 {
			t.Errorf("%q: got %q, %q, %+v", c.Command, stdout, stderr, exit)
		}
	}
}

func TestARootThatCannotBeMadeIsAnError(t *testing.T) {
	dir := t.TempDir()
	script(t, dir, "file", "", 0o600)
	for _, root := range []string{dir + "/file", dir + "/file/below"} {
		if _, err := newAt(root).Start(context.Background(), connector.Connector{Command: []string{"/bin/sh"}}, write); err == nil {
			t.Errorf("%s: no error", root)
		}
	}
}
