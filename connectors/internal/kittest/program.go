// Package kittest runs connectors as an engine does: built, as a process, with
// files and pipes.
package kittest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
)

// timeout is how long a command may take before the test fails.
const timeout = time.Minute

// Program is a built connector.
type Program struct{ path string }

// Main builds the connector in the working directory, runs the tests with it
// and gives their exit code. For TestMain.
func Main(m *testing.M, program *Program) int {
	dir, err := os.MkdirTemp("", "connector-")
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	program.path = filepath.Join(dir, "connector")
	build := exec.Command("go", "build", "-o", program.path, ".")
	if output, err := build.CombinedOutput(); err != nil {
		return complain(fmt.Errorf("go build: %w\n%s", err, output))
	}
	return m.Run()
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// Call is one command with the content of its files; an empty one is left out.
type Call struct {
	Command, Config, Catalog, State string
	Stdin                           io.Reader
}

// Result is what a command wrote and how it ended: 128+n if signal n ended it.
type Result struct {
	Stdout, Stderr []byte
	Code           int
}

// Start makes the process of a call, not yet started.
func (p Program) Start(t *testing.T, c Call) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, p.path, c.Command)
	dir := t.TempDir()
	for _, file := range [][2]string{{"config", c.Config}, {"catalog", c.Catalog}, {"state", c.State}} {
		if file[1] == "" {
			continue
		}
		path := filepath.Join(dir, file[0]+".json")
		if err := os.WriteFile(path, []byte(file[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd.Args = append(cmd.Args, "--"+file[0], path)
	}
	cmd.Stdin = c.Stdin
	cmd.WaitDelay = time.Second
	return cmd
}

// Run runs a call to its end.
func (p Program) Run(t *testing.T, c Call) Result {
	t.Helper()
	cmd := p.Start(t, c)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	code := ExitCode(t, cmd.Run())
	return Result{Stdout: stdout.Bytes(), Stderr: stderr.Bytes(), Code: code}
}

// ExitCode gives the exit code that err of Run or Wait tells.
func ExitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		t.Fatal(err)
	}
	return codeOf(exit.ProcessState)
}

// Lines gives the whole lines of stdout.
func (r Result) Lines() [][]byte {
	lines := bytes.Split(r.Stdout, []byte{'\n'})
	return lines[:len(lines)-1]
}

// Messages gives the messages of stdout in their order; other lines are left
// out.
func (r Result) Messages() []*airbyte.Message {
	var messages []*airbyte.Message
	for _, line := range r.Lines() {
		if m, err := airbyte.Decode(line); err == nil {
			messages = append(messages, m)
		}
	}
	return messages
}

// Of gives the messages of one type.
func (r Result) Of(t airbyte.Type) []*airbyte.Message {
	var messages []*airbyte.Message
	for _, m := range r.Messages() {
		if m.Type == t {
			messages = append(messages, m)
		}
	}
	return messages
}
