// Package connector runs commands of Airbyte connectors. Runtime is the one
// seam: the process runtime starts local programs; others start containers or
// pods. connectortest is the suite that each of them passes.
package connector

import (
	"context"
	"io"
	"time"
)

// Command is a command of the Airbyte protocol.
type Command string

// The commands. Read and Write are a source's and a destination's half of a
// sync; the others answer with one message.
const (
	Spec     Command = "spec"
	Check    Command = "check"
	Discover Command = "discover"
	Read     Command = "read"
	Write    Command = "write"
)

// Connector says which program to run.
type Connector struct {
	// Command is the program and its first arguments, for the process runtime.
	Command []string
	// Dir is the working directory; a relative Command[0] with a slash is
	// relative to it. Empty: the engine's own.
	Dir string
	// Image is the container image, for runtimes that have those.
	Image string
	// Env holds the variables given to the connector, beside the few that a
	// runtime sets itself. Nothing else of the engine's environment reaches it:
	// what the environment holds changes how connectors behave.
	Env map[string]string
	// Pod is for runtimes that make pods.
	Pod Pod
}

// Invocation is one command with its files, as JSON. A nil file is left out of
// the arguments (State of a first sync, everything of Spec).
type Invocation struct {
	Command Command
	Config  []byte
	Catalog []byte
	State   []byte
}

// Runtime starts commands of connectors.
type Runtime interface {
	// Start starts the command and returns once it runs. The arguments are
	// exactly, as separate words and in this order:
	//
	//	COMMAND [--config PATH] [--catalog PATH] [--state PATH]
	//
	// The files are private (0600), writable, end in .json and are named by
	// absolute paths. ctx bounds the start only: a Run goes on until it ends or
	// is stopped. A *StartError tells why a program cannot be started.
	Start(ctx context.Context, c Connector, inv Invocation) (Run, error)
}

// Run is one running command of a connector. Whoever starts it must read
// Stdout and Stderr to their ends and call Wait once.
type Run interface {
	// Stdin is the command's standard input; closing it is the end of file. It
	// is open for every command.
	Stdin() io.WriteCloser
	// Stdout and Stderr are the command's outputs. Each ends (io.EOF) when all
	// its writers are gone, or a while after the command itself has ended if a
	// left-over child keeps it open (then Exit.LeftOver is set).
	Stdout() io.Reader
	Stderr() io.Reader
	// Terminate asks the command and its children to end (SIGTERM to the
	// process group) and kills them (SIGKILL) when they have not after grace; a
	// grace of 0 kills at once. It returns immediately, may be called again,
	// and a shorter grace shortens the wait.
	Terminate(grace time.Duration)
	// Wait blocks until the command has ended and both outputs were read to
	// their ends, removes its files and tells how it ended. An error means that
	// how it ended is not known (such as a lost pod).
	Wait() (Exit, error)
}

// Exit tells how a command ended.
type Exit struct {
	// Code is the exit code; 128+n if signal n ended it, as shells say.
	Code int `json:"code"`
	// Signal names the signal that ended it ("SIGKILL"), or is empty.
	Signal string `json:"signal,omitempty"`
	// OOM tells that the kernel (or the connector's own guard) ended it for
	// want of memory, as far as the runtime can know.
	OOM bool `json:"oom,omitempty"`
	// Terminated tells that the end followed a Terminate, not the program's
	// own will.
	Terminated bool `json:"terminated,omitempty"`
	// LeftOver tells that children of the command outlived it with an output
	// open, and were killed.
	LeftOver bool `json:"leftOver,omitempty"`
	// Reason says in words what else is known about why it ended, or is empty.
	Reason string `json:"reason,omitempty"`
	// StderrTail is the end of what the command wrote to stderr, whole lines,
	// at most 4 KiB.
	StderrTail string `json:"-"`
}
