//go:build linux

package launcher

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// modeVariable makes this binary one of the connectors below; more of them are
// in connectortest.
const modeVariable = "KNELT_TEST_CONNECTOR"

var connectors = map[string]func(){
	"descriptors": tellDescriptors,
	"signals":     tellSignals,
	"hog":         hog,
	"environment": func() { fmt.Println(strings.Join(os.Environ(), "\n")) },
	"hello":       func() { fmt.Println("hello", strings.Join(os.Args[1:], "|")) },
}

// forever is longer than any test; a connector never outlives it.
const forever = 2 * time.Minute

func act() {
	if do, found := connectors[os.Getenv(modeVariable)]; found {
		do()
		os.Exit(0)
	}
}

// tellDescriptors tells of its own: number, capacity if it is a pipe, mode.
func tellDescriptors() {
	for fd := range 64 {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if err != nil {
			continue // not open
		}
		closed, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		must(err)
		if closed&unix.FD_CLOEXEC != 0 {
			continue // made by the Go runtime just now
		}
		size, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
		must(err)
		fmt.Println(fd, size, flags&unix.O_ACCMODE, flags&unix.O_NONBLOCK != 0)
	}
	fmt.Println("ready")
	time.Sleep(forever)
}

// tellSignals tells each signal that comes.
func tellSignals() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2)
	fmt.Println("ready")
	for sig := range signals {
		number, ok := sig.(unix.Signal)
		if fmt.Println(unix.SignalName(number)); !ok || number == unix.SIGTERM {
			return
		}
	}
}

// hog takes a gigabyte.
func hog() {
	var kept [][]byte
	for len(kept) < 1024 {
		piece := make([]byte, 1<<20)
		for i := 0; i < len(piece); i += unix.Getpagesize() {
			piece[i] = 1
		}
		kept = append(kept, piece)
	}
	fmt.Println("took", strconv.Itoa(len(kept)))
}
