//go:build linux

package launcher

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// process is one line of the machine's list.
type process struct {
	pid, parent int
	start       string // in clock ticks since boot
}

// signalDescendants signals all descendants of this process. None can hide by
// leaving its group or session: who its parent is nobody chooses.
func signalDescendants(sig syscall.Signal) {
	children := map[int][]process{}
	for _, p := range processes() {
		children[p.parent] = append(children[p.parent], p)
	}
	next := children[os.Getpid()]
	for len(next) > 0 {
		p := next[0]
		next = append(next[1:], children[p.pid]...)
		p.signal(sig)
	}
}

// processes lists all processes that can be seen; nothing without /proc.
func processes() []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var list []process
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			if p, found := inspect(pid); found {
				list = append(list, p)
			}
		}
	}
	return list
}

// The fields of /proc/PID/stat by their number in proc(5), less the three up to
// the end of the program's name, which may hold anything.
const (
	statParent = 4 - 3
	statStart  = 22 - 3
)

// inspect looks up the process that has pid now.
func inspect(pid int) (process, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, false
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) <= statStart {
		return process{}, false
	}
	parent, err := strconv.Atoi(fields[statParent])
	return process{pid: pid, parent: parent, start: fields[statStart]}, err == nil
}

// signal signals the process if it is still the one that was listed. There is
// nothing to do about errors: it is gone, or another user's.
func (p process) signal(sig syscall.Signal) {
	fd, err := unix.PidfdOpen(p.pid, 0)
	if errors.Is(err, unix.ENOSYS) {
		_ = syscall.Kill(p.pid, sig) // Linux before 5.3
		return
	}
	if err != nil {
		return
	}
	defer func() { _ = unix.Close(fd) }()
	if now, found := inspect(p.pid); found && now.start == p.start {
		_ = unix.PidfdSendSignal(fd, sig, nil, 0)
	}
}
