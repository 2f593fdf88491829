package process

import (
	"syscall"
	"time"
)

// Terminate implements connector.Run.
func (r *run) Terminate(grace time.Duration) {
	if grace <= 0 {
		r.ask(nil)
		r.kill()
		return
	}
	r.ask(func() {
		at := time.Now().Add(grace)
		switch {
		case r.killTimer == nil:
			r.signalGroup(syscall.SIGTERM)
			r.killTimer = time.AfterFunc(grace, r.kill)
		case at.Before(r.killAt):
			r.killTimer.Reset(grace)
		default:
			return
		}
		r.killAt = at
	})
}

// ask notes that the end is wanted and then does what is to be done for it,
// unless all is over.
func (r *run) ask(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reaped {
		return
	}
	if !r.asked {
		r.asked, r.terminated = true, !r.exited
	}
	if do != nil && !r.endHere {
		do()
	}
}

// kill ends at once every process of the run that can be found. It does not
// wait for the search for those that left the group.
func (r *run) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reaped {
		return
	}
	r.endHere = true
	r.signalGroup(syscall.SIGKILL)
	r.hunts.Go(func() { killMarked(r.dir.mark(), r.leader) })
	r.nudgeLocked()
}

// signalGroup signals the command's process group. The command is not reaped
// before the run is over, so its number cannot have become somebody else's.
// There is nothing to do about an error: the group may be gone.
func (r *run) signalGroup(sig syscall.Signal) { _ = syscall.Kill(-r.proc.Pid, sig) }
