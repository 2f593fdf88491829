package process_test

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/connector"
)

var write = connector.Invocation{Command: connector.Write, Config: []byte(`{"password":"hunter2"}`), Catalog: []byte("{}")}

// TestAReaderThatComesLateLosesNothing: the patience with children counts only
// while the pipe is empty and read.
func TestAReaderThatComesLateLosesNothing(t *testing.T) {
	h := harness(t)
	run := h.Start(t, h.New(t), "leave:", write)
	time.Sleep(3 * time.Second) // thrice the drain time
	stdout, _, exit := run.Finish()
	if _, err := strconv.Atoi(strings.TrimSpace(string(stdout))); err != nil || !exit.LeftOver {
		t.Errorf("got %q, %+v", stdout, exit)
	}
}

func TestWhatAChildWritesAfterTheEndComesWhole(t *testing.T) {
	h := harness(t)
	run := h.Start(t, h.New(t), "leave-late:200", write)
	sum := int64(0)
	log := make(chan struct{})
	go func() {
		defer close(log)
		_, _ = io.Copy(io.Discard, run.Stderr())
	}()
	buf := make([]byte, 1<<20)
	for {
		n, err := run.Stdout().Read(buf)
		sum += int64(n)
		if err != nil {
			break
		}
		if sum%(100<<20) < int64(n) {
			time.Sleep(1500 * time.Millisecond) // longer than the drain time
		}
	}
	<-log
	exit, err := run.Wait()
	if err != nil || sum != 200<<20 || exit.LeftOver || exit.Code != 0 {
		t.Errorf("%d bytes, %+v, %v", sum, exit, err)
	}
}

func TestAChildThatOnlyLogsOnIsEnded(t *testing.T) {
	h := harness(t)
	_, stderr, exit := h.Start(t, h.New(t), "leave-log", write).Finish()
	if !exit.LeftOver || exit.Code != 0 || !bytes.Contains(stderr, []byte("still here")) {
		t.Errorf("got %+v, stderr of %d bytes", exit, len(stderr))
	}
}

func TestWorkersThatIgnoreEverythingAreEnded(t *testing.T) {
	h := harness(t)
	run := h.Start(t, h.New(t), "workers:5", write)
	run.Ready()
	run.Terminate(0)
	if _, _, exit := run.Finish(); exit.Code != 137 || !exit.Terminated {
		t.Errorf("got %+v", exit)
	}
}

func TestManyRunsLeaveNothing(t *testing.T) {
	h := harness(t)
	rt := h.New(t)
	for i := range 20 {
		if _, _, exit := h.Start(t, rt, fmt.Sprint("exit:", i), write).Finish(); exit.Code != i {
			t.Errorf("got %+v", exit)
		}
	}
}

func TestFilesThatAreHardToRemoveAreRemoved(t *testing.T) {
	h := harness(t)
	if _, stderr, exit := h.Start(t, h.New(t), "spoil", write).Finish(); exit.Code != 0 {
		t.Errorf("got %+v: %s", exit, stderr)
	}
}
