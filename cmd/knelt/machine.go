package main

import (
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// machine is what the program finds around it; tests bring their own.
type machine struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// terminal is the standard output if it is a terminal that can be drawn on,
	// else nil.
	terminal *os.File
	// asks tells whether somebody sits at the standard input.
	asks    bool
	getenv  func(string) string
	signals <-chan os.Signal
	// exit ends the process at once, when ending in order takes too long.
	exit func(code int)
}

func onThisMachine() *machine {
	m := &machine{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		asks:   term.IsTerminal(int(os.Stdin.Fd())),
		getenv: os.Getenv, exit: os.Exit, signals: endingSignals(),
	}
	if term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("TERM") != "dumb" {
		m.terminal = os.Stdout
	}
	return m
}

// endingSignals are those that ask the program to end. What whoever started it
// has set to be ignored (nohup, a job in the background) stays ignored. A reader
// that leaves (SIGPIPE) is seen as a write that fails: a sync goes on without it.
func endingSignals() <-chan os.Signal {
	signals := make(chan os.Signal, 3)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return signals
}
