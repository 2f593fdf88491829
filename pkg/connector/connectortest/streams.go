package connectortest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"knelt.dev/pkg/connector"
)

var streamTests = map[string]func(*testing.T, Harness){
	"BytesGoThroughBothWaysAtOnce":         bytesGoThroughBothWaysAtOnce,
	"ASlowReaderLosesNothing":              aSlowReaderLosesNothing,
	"AHundredThousandLogLinesComeWhole":    aHundredThousandLogLinesComeWhole,
	"HalfALineComesBeforeTheEnd":           halfALineComesBeforeTheEnd,
	"WritingToOneThatReadsNoMoreFails":     writingToOneThatReadsNoMoreFails,
	"WritingToOneThatEndedFails":           writingToOneThatEndedFails,
	"TheTailOfStderrIsWholeLines":          theTailOfStderrIsWholeLines,
	"ManyRunAtOnce":                        manyRunAtOnce,
	"ClosingStandardInputTwiceIsNoTrouble": closingTwice,
}

var write64 = connector.Invocation{Command: connector.Write, Config: []byte("{}"), Catalog: []byte("{}")}

func bytesGoThroughBothWaysAtOnce(t *testing.T, h Harness) {
	const size = 64 << 20
	run := h.Start(t, h.New(t), "echo", write64)
	go func() {
		if _, err := io.Copy(run.Stdin(), Pattern(size)); err != nil {
			t.Errorf("writing: %v", err)
		}
		if err := run.Stdin().Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}()
	samePattern(t, run.Stdout(), size)
	if _, _, exit := run.Finish(); exit.Code != 0 {
		t.Errorf("exit %+v", exit)
	}
}

// aSlowReaderLosesNothing: the program is long gone when most is read.
func aSlowReaderLosesNothing(t *testing.T, h Harness) {
	const size = 200 << 20
	run := h.Start(t, h.New(t), fmt.Sprint("write:", size>>20), write64)
	samePattern(t, &pausing{src: run.Stdout(), every: 20 << 20, rest: 20 << 20}, size)
	if _, _, exit := run.Finish(); exit.Code != 0 || exit.LeftOver {
		t.Errorf("exit %+v", exit)
	}
}

// pausing sleeps a little after every so many bytes.
type pausing struct {
	src         io.Reader
	every, rest int
}

func (p *pausing) Read(buf []byte) (int, error) {
	if p.rest <= 0 {
		time.Sleep(100 * time.Millisecond)
		p.rest = p.every
	}
	n, err := p.src.Read(buf)
	p.rest -= n
	return n, err
}

func aHundredThousandLogLinesComeWhole(t *testing.T, h Harness) {
	const n = 100_000
	stdout, stderr, exit := h.run(t, fmt.Sprint("lines:", n), write64)
	for prefix, text := range map[string][]byte{"line ": stdout, "log line ": stderr} {
		i := 0
		for line := range bytes.Lines(text) {
			if string(line) != fmt.Sprintf("%s%d\n", prefix, i) {
				t.Fatalf("line %d is %q", i, line)
			}
			i++
		}
		if i != n {
			t.Errorf("%d lines of %q, want %d", i, prefix, n)
		}
	}
	if exit.Code != 0 {
		t.Errorf("exit %+v", exit)
	}
}

func halfALineComesBeforeTheEnd(t *testing.T, h Harness) {
	stdout, _, exit := h.run(t, "half", write64)
	if want := "whole\n{\"type\":\"RECORD\",\"rec"; string(stdout) != want {
		t.Errorf("got %q, want %q", stdout, want)
	}
	if exit.Code != 137 || exit.Signal != "SIGKILL" || exit.Terminated {
		t.Errorf("exit %+v", exit)
	}
}

// writeUntilError writes until it fails, which it must.
func writeUntilError(t *testing.T, w io.Writer) {
	t.Helper()
	failed := make(chan error, 1)
	go func() {
		block := make([]byte, 64<<10)
		for {
			if _, err := w.Write(block); err != nil {
				failed <- err
				return
			}
		}
	}()
	select {
	case err := <-failed:
		if errors.Is(err, io.EOF) {
			t.Errorf("writing failed with %v, which means a good end", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("writing went on for 30 s")
	}
}

func writingToOneThatReadsNoMoreFails(t *testing.T, h Harness) {
	run := h.Start(t, h.New(t), "close-stdin", write64)
	run.Ready()
	writeUntilError(t, run.Stdin())
	run.Terminate(0)
	run.Finish()
}

func writingToOneThatEndedFails(t *testing.T, h Harness) {
	run := h.Start(t, h.New(t), "exit:3", write64)
	writeUntilError(t, run.Stdin())
	if _, _, exit := run.Finish(); exit.Code != 3 {
		t.Errorf("exit %+v", exit)
	}
}

func theTailOfStderrIsWholeLines(t *testing.T, h Harness) {
	_, stderr, exit := h.run(t, "lines:5000", write64)
	tail := exit.StderrTail
	if !strings.HasSuffix(string(stderr), "\n"+tail) || !strings.HasSuffix(tail, "log line 4999\n") {
		t.Errorf("not the last whole lines: %q", tail)
	}
	if len(tail) > 4<<10 || len(tail) < 4<<10-len("log line 4999\n") {
		t.Errorf("the tail has %d bytes", len(tail))
	}
	if _, _, exit = h.run(t, "lines:2", write64); exit.StderrTail != "log line 0\nlog line 1\n" {
		t.Errorf("the tail of little is %q", exit.StderrTail)
	}
}

func manyRunAtOnce(t *testing.T, h Harness) {
	rt := h.New(t)
	var all sync.WaitGroup
	for i := range 12 {
		run := h.Start(t, rt, fmt.Sprint("exit:", i), connector.Invocation{Command: connector.Check, Config: []byte("{}")})
		all.Go(func() {
			if _, _, exit := run.Finish(); exit.Code != i {
				t.Errorf("run %d: exit %+v", i, exit)
			}
		})
	}
	all.Wait()
}

func closingTwice(t *testing.T, h Harness) {
	run := h.Start(t, h.New(t), "echo", write64)
	for range 2 {
		if err := run.Stdin().Close(); err != nil {
			t.Error(err)
		}
	}
	run.Finish()
	if err := run.Stdin().Close(); err != nil {
		t.Error("after the end:", err)
	}
}
