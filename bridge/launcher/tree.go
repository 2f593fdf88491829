//go:build linux

package launcher

import (
	"errors"
	"math"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// tree is the connector's first process, its leader, and all that come from it.
// Orphans among them become children of the launcher: as PID 1, or because it is
// a subreaper. So there are none left when it has no children any more.
type tree struct {
	leader int
	exited chan struct{} // closed when the leader has ended
	empty  chan struct{} // closed when all have

	mu     sync.Mutex // no process is reaped while it is held
	ended  bool
	status syscall.WaitStatus // the leader's, once ended
}

// plant starts a program with the descriptors as its 0, 1 and 2.
//
// The kernel kills it when the thread that called plant ends: the caller has
// locked itself to one that lasts as long as the launcher.
func plant(path string, argv, env []string, fds [3]int) (*tree, error) {
	keepDescriptors()
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Env:   env,
		Files: []uintptr{uintptr(fds[0]), uintptr(fds[1]), uintptr(fds[2])},
		Sys:   &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return nil, refused(path, err)
	}
	t := &tree{leader: pid, exited: make(chan struct{}), empty: make(chan struct{})}
	go t.reap()
	return t, nil
}

// keepDescriptors lets no program inherit what this process inherited beside its
// standard streams: container runtimes have leaked descriptors of the host.
// Before Linux 5.11 it cannot, and then the connector has what it would have had
// without a launcher.
func keepDescriptors() { _ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) }

// adoptOrphans makes this process the parent of its descendants' orphans.
func adoptOrphans() error {
	if os.Getpid() == 1 {
		return nil
	}
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
}

// reap reaps whatever ends until there is nothing left.
func (t *tree) reap() {
	defer close(t.empty)
	for awaitAny() == nil {
		t.collect()
	}
}

// awaitAny waits until some child has ended, without reaping it. The error is
// ECHILD when there is none.
func awaitAny() error {
	for {
		err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// collect reaps all that have ended.
func (t *tree) collect() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil || pid <= 0:
			return // the rest live
		case pid == t.leader:
			t.status, t.ended = status, true
			close(t.exited)
		}
	}
}

// signal signals the leader's process group or, once the leader has ended and
// its number may be somebody else's, each process of the tree. There is nothing
// to do about an error: who cannot be signalled is gone, or another user's.
func (t *tree) signal(sig syscall.Signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ended {
		_ = syscall.Kill(-t.leader, sig)
		return
	}
	signalDescendants(sig)
}

// kill kills every process of the tree that is there now. What is being forked
// meanwhile is left: call it until the tree is empty.
func (t *tree) kill() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ended {
		_ = syscall.Kill(-t.leader, syscall.SIGKILL) // see signal
	}
	if os.Getpid() == 1 {
		_ = syscall.Kill(-1, syscall.SIGKILL) // all of the container but PID 1; see signal
		return
	}
	signalDescendants(syscall.SIGKILL)
}

// result gives the leader's status, and whether it has ended at all.
func (t *tree) result() (syscall.WaitStatus, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status, t.ended
}
