package connector

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"knelt.dev/pkg/airbyte"
)

// The defaults of AnswerOptions.
const (
	DefaultLinger = 5 * time.Second
	DefaultGrace  = 10 * time.Second
)

// AnswerOptions say what Answer does beside waiting for the answer. The zero
// value is usable.
type AnswerOptions struct {
	// Name is how users call the connector in errors, such as "source shop".
	// Empty: "the connector".
	Name string
	// LineLimit bounds a line of stdout, in bytes; 0 means lines.DefaultLimit.
	LineLimit int
	// Linger is how long the command may go on after its answer before it is
	// ended; 0 means DefaultLinger.
	Linger time.Duration
	// Grace is the time between SIGTERM and SIGKILL for a command that is
	// ended; 0 means DefaultGrace.
	Grace time.Duration
	// Log is given each line of the connector's log as it comes. Calls do not
	// overlap. nil: the log is dropped.
	Log func(LogLine)
	// Control is given each CONTROL message at once, before what follows it is
	// read: a refreshed token in it may be the only valid one. An error makes
	// Answer fail. Calls do not overlap.
	Control func(*airbyte.ControlMessage) error
	// Redact is applied to what the connector said before it goes into an
	// error. nil: it goes in as it is.
	Redact func(string) string
}

// Answer runs spec, check or discover to its one answer: the first message of
// type SPEC, CONNECTION_STATUS, or CATALOG (a destination's discover:
// DESTINATION_CATALOG). Lines before and after it are logs. The exit code does
// not count once there is an answer (protocol: a check that failed may end
// with any). A check that FAILED is an answer, too; where it gives no reason,
// Message is set to the best one known.
//
// When ctx ends first, the command is ended. Errors: a *StartError, what the
// runtime returned, or an *AnswerError for all that the connector did or left
// undone.
func Answer(ctx context.Context, rt Runtime, c Connector, inv Invocation, opts AnswerOptions) (*airbyte.Message, error) {
	opts = opts.withDefaults()
	began := time.Now()
	run, err := rt.Start(ctx, c, inv)
	if err != nil {
		return nil, err
	}
	if err := run.Stdin().Close(); err != nil {
		opts.log(LogLine{Level: "WARN", Origin: OriginEngine, Text: "closing the connector's input: " + err.Error()})
	}
	a := &asking{opts: opts, run: run, command: inv.Command}
	defer context.AfterFunc(ctx, func() { run.Terminate(opts.Grace) })()
	exit, err := a.listen()
	if a.answer == nil && ctx.Err() != nil {
		return nil, a.late(ctx, time.Since(began), exit)
	}
	if err != nil && a.answer == nil {
		return nil, fmt.Errorf("%s of %s: %w", inv.Command, opts.Name, err)
	}
	return a.outcome(exit)
}

// withDefaults fills in what is left out.
func (o AnswerOptions) withDefaults() AnswerOptions {
	if o.Name == "" {
		o.Name = "the connector"
	}
	if o.Linger <= 0 {
		o.Linger = DefaultLinger
	}
	if o.Grace <= 0 {
		o.Grace = DefaultGrace
	}
	if o.Redact == nil {
		o.Redact = func(s string) string { return s }
	}
	log, one := o.Log, new(sync.Mutex)
	o.Log = func(l LogLine) {
		if log != nil {
			one.Lock()
			defer one.Unlock()
			log(l)
		}
	}
	return o
}

func (o AnswerOptions) log(l LogLine) { o.Log(l) }

// listen reads both outputs to their ends and waits for the exit.
func (a *asking) listen() (Exit, error) {
	var both sync.WaitGroup
	var logErr error
	both.Go(func() { logErr = a.readStderr(a.run.Stderr()) })
	outErr := a.readStdout(a.run.Stdout())
	both.Wait()
	exit, err := a.run.Wait()
	if a.linger != nil {
		a.linger.Stop()
	}
	for _, other := range []error{outErr, logErr} {
		if err == nil {
			err = other
		}
	}
	return exit, err
}

// drain reads what is left of an output that cannot be understood any more, so
// that the command is not blocked.
func drain(r io.Reader) { _, _ = io.Copy(io.Discard, r) }
