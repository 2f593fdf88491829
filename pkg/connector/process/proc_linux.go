package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// stat gives the fields of /proc/PID/stat from the third on (the second, the
// program's name, may hold anything), or nil if there is no such process.
func stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

// The fields of stat by their number in proc(5), less three.
const (
	statGroup = 5 - 3
	statStart = 22 - 3
)

// startTime is when a process started, in clock ticks since boot.
func startTime(pid int) string {
	if fields := stat(pid); len(fields) > statStart {
		return fields[statStart]
	}
	return ""
}

// bootID names this run of the kernel.
var bootID = sync.OnceValue(func() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "" // then PIDs of former engines are not trusted
	}
	return strings.TrimSpace(string(text))
})

// pidNamespace names the space in which PIDs mean something.
var pidNamespace = sync.OnceValue(func() string {
	name, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return name
})

// killMarked kills all processes that carry a run's mark in their environment.
// None of them is older than leader. Only those are looked at closely: the
// environment of a stranger in trouble can take long to read.
func killMarked(mark string, leader process) {
	entry := []byte("\x00" + markVariable + "=" + mark + "\x00")
	forEachProcess(func(pid int) {
		if older(startTime(pid), leader.Start) {
			return
		}
		killIf(pid, func() bool {
			env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
			return err == nil && bytes.Contains(append([]byte{0}, env...), entry)
		})
	})
}

// older compares two start times; one that is not known is no older.
func older(a, b string) bool {
	at, errA := strconv.ParseUint(a, 10, 64)
	bt, errB := strconv.ParseUint(b, 10, 64)
	return errA == nil && errB == nil && at < bt
}

// killLeftBehind kills what a dead engine's connector left: all that carry the
// mark and, if its leader is verifiably still there, its process group.
func killLeftBehind(leader process, mark string) {
	killMarked(mark, leader)
	if !leader.alive() {
		return
	}
	group := strconv.Itoa(leader.PID)
	forEachProcess(func(pid int) {
		killIf(pid, func() bool {
			fields := stat(pid)
			return len(fields) > statGroup && fields[statGroup] == group
		})
	})
}

// killIf kills the process that has pid now if it fulfils the condition. The
// descriptor makes sure that the one looked at is the one killed.
func killIf(pid int, condition func() bool) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return // it is gone, or not ours
	}
	defer func() { _ = unix.Close(fd) }()
	if condition() {
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // gone meanwhile, or not ours
	}
}

// forEachProcess calls do with the PID of every process but this one.
func forEachProcess(do func(pid int)) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return // without /proc nothing can be found
	}
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && pid != os.Getpid() {
			do(pid)
		}
	}
}
