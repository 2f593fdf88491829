package process

import (
	"io"
	"os"
	"sync"
	"time"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/rawio"
)

// phase is how far a run has got, as its readers need to know.
type phase uint8

const (
	running  phase = iota
	draining       // the command itself has ended
	killed         // and so have its children, as far as they can be reached
)

// cutAfter is how long an output may stay open and empty after all processes
// that can be reached were killed.
const cutAfter = time.Second

// run is one running command. It implements connector.Run.
type run struct {
	runtime        *Runtime
	dir            *runDir
	stdin          *inlet
	stdout, stderr *outlet
	watch          connector.StderrWatch
	proc           *os.Process
	leader         process // proc, as others can recognise it
	oomBefore      oomCount

	mu                         sync.Mutex
	exited, reaped             bool // the command itself ended; its process is gone
	asked, terminated, endHere bool // Terminate was called; it came first; we killed
	leftOver                   bool
	killAt                     time.Time
	killTimer                  *time.Timer

	hunts    sync.WaitGroup // searches for processes, begun before reaped is set
	finished chan struct{}
	exit     connector.Exit
	err      error
}

func newRun(r *Runtime, dir *runDir, p *pipes) *run {
	run := &run{runtime: r, dir: dir, finished: make(chan struct{})}
	run.stdin = &inlet{file: rawio.Of(p.stdin.write)}
	run.stdout = newOutlet(p.stdout.read, run, nil)
	run.stderr = newOutlet(p.stderr.read, run, &run.watch)
	return run
}

// Stdin implements connector.Run.
func (r *run) Stdin() io.WriteCloser { return r.stdin }

// Stdout implements connector.Run.
func (r *run) Stdout() io.Reader { return r.stdout }

// Stderr implements connector.Run.
func (r *run) Stderr() io.Reader { return r.stderr }

// Wait implements connector.Run.
func (r *run) Wait() (connector.Exit, error) {
	<-r.finished
	return r.exit, r.err
}

// phase tells how far the run has got.
func (r *run) phase() phase {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.phaseLocked()
}

func (r *run) phaseLocked() phase {
	switch {
	case !r.exited:
		return running
	case !r.endHere:
		return draining
	}
	return killed
}

// arm sets the deadline of an outlet's next Read, which began at an instant, and
// returns the phase it belongs to. A change of phase after it sets the deadline
// anew, so that no Read waits by the rule of an earlier phase.
func (r *run) arm(o *outlet, began time.Time) phase {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.phaseLocked()
	if p != running {
		o.setDeadline(began, p)
	}
	return p
}

// noteLeftOver keeps that an output was held open by a child.
func (r *run) noteLeftOver() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leftOver = true
}

// nudgeLocked tells waiting readers of a new phase.
func (r *run) nudgeLocked() {
	if p := r.phaseLocked(); p != running {
		r.stdout.setDeadline(time.Now(), p)
		r.stderr.setDeadline(time.Now(), p)
	}
}
