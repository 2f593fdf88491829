//go:build linux

package launcher

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"

	"knelt.dev/bridge/podfiles"
)

// catch begins to take signals: no PID 1 is ended by one that it does not take.
// SIGPIPE is among them so that a log that nobody reads does not end the
// launcher; the connector has all of them as it would without a launcher.
func catch() chan os.Signal {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE)
	return signals
}

// forward sends signals on to the connector. Before it runs, those that end a
// program call off the start.
func (l *launcher) forward(signals <-chan os.Signal, callOff context.CancelCauseFunc) {
	for sig := range signals {
		number, ok := sig.(syscall.Signal)
		if !ok || number == syscall.SIGPIPE {
			continue
		}
		l.mu.Lock()
		switch {
		case l.tree != nil:
			l.tree.signal(number)
		case number != syscall.SIGUSR1 && number != syscall.SIGUSR2:
			callOff(unwanted(number, false, "the launcher was told to end before the connector was started"))
		}
		l.mu.Unlock()
	}
}

// unwanted makes the end of a connector that is not started, as if the signal
// had ended it. terminated tells that the sidecar wanted it so.
func unwanted(number syscall.Signal, terminated bool, problem string) error {
	name := unix.SignalName(number)
	return &notStarted{podfiles.Exit{
		Code: 128 + int(number), Signal: name, Terminated: terminated, Problem: fmt.Sprintf("%s (%s)", problem, name),
	}}
}
