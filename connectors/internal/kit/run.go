package kit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"knelt.dev/pkg/airbyte"
)

// command is one command of the protocol.
type command struct {
	needs need
	// answers makes a failure of any kind but a system error an answer.
	answers bool
	run     func(ctx context.Context, in *invocation) error
}

// invocation is what a command works on.
type invocation struct {
	config  Config
	catalog *airbyte.ConfiguredCatalog
	state   State
	stdin   io.Reader
	out     *Emitter
}

// program is one process of a connector.
type program struct {
	name           string
	commands       map[string]command
	stdin          io.Reader
	stdout, stderr io.Writer
}

func runMain(commands map[string]command) {
	p := program{
		name:     filepath.Base(os.Args[0]),
		commands: commands,
		stdin:    os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
	}
	os.Exit(p.run(os.Args[1:]))
}

// run runs the command of args and gives the exit code.
func (p program) run(args []string) int {
	parsed, err := parseArguments(args)
	if parsed.help {
		return p.say(p.stdout, usage(p.name, p.commands), 0)
	}
	if err == nil {
		err = parsed.check(p.commands)
	}
	if err != nil {
		return p.say(p.stderr, fmt.Sprintf("%s: %v\n%s", p.name, err, usage(p.name, p.commands)), 2)
	}
	return p.command(p.commands[parsed.command], parsed.paths)
}

func (p program) say(w io.Writer, text string, code int) int {
	if _, err := io.WriteString(w, text); err != nil {
		return 1
	}
	return code
}

func (p program) command(c command, paths map[string]string) int {
	in := &invocation{out: NewEmitter(p.stdout)}
	stdin, wake, err := stoppableStdin(p.stdin)
	if err != nil {
		return p.outcome(c, in.out, err)
	}
	in.stdin = stdin
	ctx, signals := watchSignals(in.out, wake)
	defer signals.stop()
	err = in.load(c, paths)
	if err == nil {
		err = p.guarded(func() error { return c.run(ctx, in) })
	}
	if code := signals.code(); code != 0 {
		return p.end(in.out, code)
	}
	return p.outcome(c, in.out, err)
}

// outcome tells a command's end by messages and gives the exit code.
func (p program) outcome(c command, out *Emitter, err error) int {
	var wish exit
	switch {
	case err == nil:
		return p.end(out, 0)
	case errors.As(err, &wish):
		return p.end(out, int(wish))
	case c.answers && !isSystemError(err):
		err = out.Message(connectionStatus(airbyte.CheckFailed, err.Error()))
		return p.endWith(out, err, 0)
	}
	return p.endWith(out, out.Failure(err), 1)
}

func isSystemError(err error) bool {
	var classed *Error
	return errors.As(err, &classed) && classed.Type == airbyte.SystemError
}

func (p program) end(out *Emitter, code int) int { return p.endWith(out, nil, code) }

// endWith flushes; output that cannot be written is a failure whatever else
// went well.
func (p program) endWith(out *Emitter, err error, code int) int {
	if err = errors.Join(err, out.Flush()); err != nil {
		return p.say(p.stderr, fmt.Sprintf("%s: writing to stdout: %v\n", p.name, err), max(code, 1))
	}
	return code
}

// guarded turns a panic into an error: a connector that crashes still says so
// in the protocol's words. The stack goes to stderr; of what panicked, only
// the runtime's own errors are told, since other text may hold a row.
func (p program) guarded(f func() error) (err error) {
	defer func() {
		if crash := recover(); crash != nil {
			known, _ := crash.(runtime.Error)
			p.say(p.stderr, fmt.Sprintf("panic: %T %v\n%s", crash, known, debug.Stack()), 0)
			err = SystemError("the connector crashed (panic); its stack is on stderr")
		}
	}()
	return f()
}

func (in *invocation) load(c command, paths map[string]string) (err error) {
	if c.needs&needsConfig != 0 {
		if in.config, err = loadConfig(paths["config"]); err != nil {
			return err
		}
	}
	if c.needs&needsCatalog != 0 {
		if in.catalog, err = loadCatalog(paths["catalog"]); err != nil {
			return err
		}
	}
	if path, given := paths["state"]; given && c.needs&takesState != 0 {
		in.state, err = loadState(path)
	}
	return err
}
