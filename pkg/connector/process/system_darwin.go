package process

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// processAttributes put the command into a process group of its own.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// setPipeSize does nothing: macOS sizes its pipes itself.
func setPipeSize(uintptr, int) error { return nil }

// awaitExit waits until p has ended, without reaping it. It does not use waitid,
// which on macOS returns for a stopped process too.
func awaitExit(p *os.Process) error {
	queue, err := unix.Kqueue()
	if err != nil {
		return os.NewSyscallError("kqueue", err)
	}
	defer func() { _ = unix.Close(queue) }()
	unix.CloseOnExec(queue)
	watch := []unix.Kevent_t{{
		Ident: uint64(p.Pid), Filter: unix.EVFILT_PROC,
		Flags: unix.EV_ADD | unix.EV_ONESHOT, Fflags: unix.NOTE_EXIT,
	}}
	for {
		_, err := unix.Kevent(queue, watch, make([]unix.Kevent_t, 1), nil)
		switch {
		case err == nil || errors.Is(err, unix.ESRCH): // ESRCH: it had ended before
			return nil
		case !errors.Is(err, unix.EINTR):
			return os.NewSyscallError("kevent", err)
		}
	}
}

// There is no /proc: processes cannot be told apart by their start, nor found
// by their mark.

func startTime(int) string           { return "" }
func bootID() string                 { return "" }
func pidNamespace() string           { return "" }
func killMarked(string, process)     {}
func killLeftBehind(process, string) {}
