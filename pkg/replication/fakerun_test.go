package replication_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"knelt.dev/pkg/connector"
)

// program is a connector's behaviour; its result is the exit code. It must
// return soon after its pipes were closed or dead was.
type program func(p *process) int

// process is what a program sees.
type process struct {
	in       *bufio.Reader
	stdin    *os.File
	out, err *os.File
	// term is closed by SIGTERM if the program handles or ignores that, dead by
	// its end.
	term, dead chan struct{}
}

// say writes lines to stdout; false when nobody reads them any more.
func (p *process) say(lines ...string) bool {
	for _, l := range lines {
		if _, err := io.WriteString(p.out, l+"\n"); err != nil {
			return false // a program would get SIGPIPE
		}
	}
	return true
}

// line reads one line of stdin; false at the end.
func (p *process) line() (string, bool) {
	l, err := p.in.ReadString('\n')
	return strings.TrimSuffix(l, "\n"), err == nil
}

// drain reads stdin to its end.
func (p *process) drain() (lines []string) {
	for {
		l, ok := p.line()
		if !ok {
			return lines
		}
		lines = append(lines, l)
	}
}

// sleep is false when the process has ended meanwhile.
func (p *process) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-p.dead:
		return false
	}
}

// hang waits for the end.
func (p *process) hang() int {
	<-p.dead
	return 1
}

// fakeRun is a connector made of a function. It runs on real pipes, so that
// back-pressure and broken pipes are those of a process, and ends as processes
// do: SIGTERM ends it unless it handles that, SIGKILL always, and with it its
// ends of the pipes are closed.
type fakeRun struct {
	stdin          *os.File
	stdout, stderr *os.File
	process        *process
	handles        bool
	ended          chan struct{}
	end, term      sync.Once
	exit           connector.Exit
}

// tb is what *testing.T and *rapid.T have in common.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

func start(t tb, f program) *fakeRun { return launch(t, f, false) }

func launch(t tb, f program, handles bool) *fakeRun {
	t.Helper()
	inR, inW := pipe(t)
	outR, outW := pipe(t)
	errR, errW := pipe(t)
	p := &process{
		in: bufio.NewReaderSize(inR, 1<<16), stdin: inR, out: outW, err: errW,
		term: make(chan struct{}), dead: make(chan struct{}),
	}
	r := &fakeRun{stdin: inW, stdout: outR, stderr: errR, process: p, handles: handles, ended: make(chan struct{})}
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		r.die(connector.Exit{Code: f(p)})
	}()
	t.Cleanup(func() {
		r.die(connector.Exit{Code: 137})
		<-returned
		closeAll(t, inW, outR, errR)
	})
	return r
}

func pipe(t tb) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return r, w
}

func closeAll(t tb, files ...*os.File) {
	for _, f := range files {
		if err := f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Errorf("closing a pipe: %v", err)
		}
	}
}

// die ends the process, once.
func (r *fakeRun) die(exit connector.Exit) {
	r.end.Do(func() {
		select {
		case <-r.process.term:
			exit.Terminated = true
		default:
		}
		r.exit = exit
		close(r.process.dead)
		for _, f := range []*os.File{r.process.stdin, r.process.out, r.process.err} {
			_ = f.Close() // the program may have closed it
		}
		close(r.ended)
	})
}

func (r *fakeRun) Stdin() io.WriteCloser { return r.stdin }
func (r *fakeRun) Stdout() io.Reader     { return r.stdout }
func (r *fakeRun) Stderr() io.Reader     { return r.stderr }

func (r *fakeRun) Wait() (connector.Exit, error) {
	<-r.ended
	return r.exit, nil
}

func (r *fakeRun) Terminate(grace time.Duration) {
	r.term.Do(func() { close(r.process.term) })
	switch {
	case grace == 0:
		r.die(connector.Exit{Code: 137, Signal: "SIGKILL"})
	case r.handles:
		time.AfterFunc(grace, func() { r.die(connector.Exit{Code: 137, Signal: "SIGKILL"}) })
	default:
		r.die(connector.Exit{Code: 143, Signal: "SIGTERM"})
	}
}

// workingRun tells its CPU time.
type workingRun struct {
	*fakeRun
	cpu func() (time.Duration, error)
}

func (r workingRun) CPUTime() (time.Duration, error) { return r.cpu() }
