package podfiles

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"knelt.dev/pkg/connector"
)

// Start is start.json: what to run. Args follow the words of the entrypoint, Env
// goes over what the container's environment has.
type Start struct {
	Command connector.Command `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env,omitempty"`
}

// Terminate is the file terminate: SIGTERM to the connector's process group,
// SIGKILL to all its processes after the grace. A later one may shorten it.
type Terminate struct {
	GraceMillis int64 `json:"graceMillis"`
}

// Grace is the time between the two signals.
func (t Terminate) Grace() time.Duration { return time.Duration(t.GraceMillis) * time.Millisecond }

// Exit is exit.json.
type Exit struct {
	// Code is the exit code; 128+n if signal n ended it. A connector that could
	// not be started has the shell's 126 (not executable) or 127 (not found),
	// or 125 for the launcher's own troubles; Problem then says what is wrong.
	Code int `json:"code"`
	// Signal names the signal that ended it ("SIGKILL"), or is empty.
	Signal string `json:"signal,omitempty"`
	// OOM tells that the kernel ended it for want of memory. What only stderr
	// tells of memory is not in it: see Explain.
	OOM bool `json:"oom,omitempty"`
	// Terminated tells that the sidecar's terminate came first.
	Terminated bool `json:"terminated,omitempty"`
	// LeftOver tells that children outlived it with an output open, and were
	// killed.
	LeftOver bool `json:"leftOver,omitempty"`
	// Problem says why it was not started, or is empty. It was also written
	// to the connector's stderr, where that was possible.
	Problem string `json:"problem,omitempty"`
}

// Explain makes the connector's exit, given all of its stderr.
func (e Exit) Explain(stderr *connector.StderrWatch) connector.Exit {
	exit := connector.Exit{Code: e.Code, Signal: e.Signal, Terminated: e.Terminated, LeftOver: e.LeftOver}
	stderr.Finish(&exit, e.OOM)
	if e.Problem != "" {
		exit.Reason = e.Problem
	}
	return exit
}

// NewStart makes the Start of a command with the named files, in the order that
// connectors expect:
//
//	COMMAND [--config PATH] [--catalog PATH] [--state PATH]
func (d Dir) NewStart(command connector.Command, files ...string) (Start, error) {
	s := Start{Command: command, Args: []string{string(command)}}
	for _, name := range files {
		if _, err := d.File(name); err != nil {
			return Start{}, err
		}
	}
	for _, f := range []struct{ flag, name string }{{"--config", Config}, {"--catalog", Catalog}, {"--state", State}} {
		if slices.Contains(files, f.name) {
			s.Args = append(s.Args, f.flag, d.path(filepath.Join("files", f.name)))
		}
	}
	return s, nil
}

// WriteStart writes start.json whole. Ring Look after it.
func (d Dir) WriteStart(s Start) error { return d.write("start.json", s) }

// ReadStart reads start.json; fs.ErrNotExist: it is not there yet.
func (d Dir) ReadStart() (Start, error) { return read[Start](d, "start.json") }

// WriteTerminate writes terminate whole; again, to shorten the grace: one that is
// no shorter changes nothing. Ring Look after it.
func (d Dir) WriteTerminate(t Terminate) error {
	if earlier, err := d.ReadTerminate(); err == nil && earlier.GraceMillis <= t.GraceMillis {
		return nil
	}
	return d.write("terminate", t)
}

// ReadTerminate reads terminate; fs.ErrNotExist: the connector may go on.
func (d Dir) ReadTerminate() (Terminate, error) { return read[Terminate](d, "terminate") }

// WriteExit writes exit.json whole. Ring Exited after it.
func (d Dir) WriteExit(e Exit) error { return d.write("exit.json", e) }

// ReadExit reads exit.json; fs.ErrNotExist: the connector runs, or its launcher
// was killed (if that is gone).
func (d Dir) ReadExit() (Exit, error) { return read[Exit](d, "exit.json") }

// write replaces a file at once.
func (d Dir) write(name string, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", name, err)
	}
	if err := os.WriteFile(d.path("."+name+".new"), text, 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := os.Rename(d.path("."+name+".new"), d.path(name)); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

func read[T any](d Dir, name string) (T, error) {
	var message T
	text, err := os.ReadFile(d.path(name))
	if err != nil {
		return message, fmt.Errorf("reading %s: %w", name, err)
	}
	if err := json.Unmarshal(text, &message); err != nil {
		return message, fmt.Errorf("reading %s: %w", d.path(name), err)
	}
	return message, nil
}
