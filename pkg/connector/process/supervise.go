package process

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"knelt.dev/pkg/connector"
)

// begin starts the program and the goroutine that sees it through.
//
// That goroutine keeps its thread to itself until the program has ended: the
// kernel kills the program when the thread that started it ends, which then only
// happens with the whole engine.
func (r *run) begin(prog *program, p *pipes) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := r.exec(prog, p)
		started <- err
		if err == nil {
			r.supervise()
		}
	}()
	return <-started
}

// exec starts the program and writes down who it is.
func (r *run) exec(prog *program, p *pipes) error {
	r.oomBefore = countOOM("/")
	proc, err := os.StartProcess(prog.path, prog.argv, &os.ProcAttr{
		Dir: prog.dir, Env: prog.env,
		Files: []*os.File{p.stdin.read, p.stdout.write, p.stderr.write},
		Sys:   processAttributes(),
	})
	if err != nil {
		return prog.refused(err)
	}
	r.proc = proc
	r.leader = identify(proc.Pid)
	if err := r.dir.writeOwner(owner{process: self(), Child: &r.leader}); err != nil {
		r.signalGroup(syscall.SIGKILL)
		_, _ = proc.Wait() // it was just killed
		return err
	}
	return nil
}

// supervise waits for the command and for the ends of its outputs, ends what is
// left, and makes the exit known.
func (r *run) supervise() {
	waitErr := awaitExit(r.proc)
	r.noteExit()
	<-r.stdout.done
	select {
	case <-r.stderr.done:
	case <-time.After(r.runtime.drain):
		// Who has closed stdout and only logs on is left over. A reader of
		// stderr that is slow is no reason to kill.
		if r.stderr.held() {
			r.noteLeftOver()
			r.kill()
		}
		<-r.stderr.done
	}
	state, err := r.reap()
	r.hunts.Wait()
	closeFiles(r.stdout.file.File, r.stderr.file.File)
	r.runtime.remove(r.dir)
	if r.err = err; err == nil && waitErr != nil {
		r.err = waitErr
	}
	if state != nil {
		r.exit = r.describe(state)
	}
	close(r.finished)
}

// noteExit starts the patience with what the command left behind.
func (r *run) noteExit() {
	r.stdin.hangUp()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exited = true
	r.nudgeLocked()
}

// reap ends what is left of the group and lets go of the command.
func (r *run) reap() (*os.ProcessState, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.signalGroup(syscall.SIGKILL)
	if r.killTimer != nil {
		r.killTimer.Stop()
	}
	r.reaped = true
	state, err := r.proc.Wait()
	if err != nil {
		return nil, fmt.Errorf("how the connector ended is not known: %w", err)
	}
	return state, nil
}

// describe makes the Exit of an ended process.
func (r *run) describe(state *os.ProcessState) connector.Exit {
	exit := connector.Exit{Code: state.ExitCode(), Terminated: r.terminated, LeftOver: r.leftOver}
	kernelKilled := false
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		exit.Code = 128 + int(status.Signal())
		exit.Signal = unix.SignalName(status.Signal())
		kernelKilled = countOOM("/").rose(r.oomBefore)
	}
	r.watch.Finish(&exit, kernelKilled)
	return exit
}
