package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// proc is a process of a chain, measured from its start to its end. What it
// starts and waits for itself counts as its own.
type proc struct {
	name string
	// parent tells that what counts runs in a child, as a launcher's connector.
	parent bool
	cmd    *exec.Cmd
	log    tail
	done   chan struct{}
	peak   atomic.Int64 // bytes
}

// start starts a process; ctx's end kills it. Its stderr, and its stdout if that
// is nobody's, is kept for when it fails.
func start(ctx context.Context, name string, cmd *exec.Cmd) (*proc, error) {
	p := &proc{name: name, cmd: cmd, done: make(chan struct{}), parent: slices.Contains(cmd.Args, "exec")}
	if cmd.Stderr == nil {
		cmd.Stderr = &p.log
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	stop := context.AfterFunc(ctx, p.kill)
	go p.look()
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // wait tells
		stop()
	}()
	return p, nil
}

// lookEvery is how often memory is looked at; the looking itself must not show.
const lookEvery = 100 * time.Millisecond

// look follows the peak memory of the process and its children. The maximum of
// rusage is of no use: a process begins with its parent's.
func (p *proc) look() {
	var pids []int
	for {
		if len(pids) == 0 || p.parent && len(pids) == 1 {
			pids = append(pids[:0], p.cmd.Process.Pid)
			if p.parent {
				pids = append(pids, p.children()...)
			}
		}
		for _, pid := range pids {
			if peak, ok := peakMemory(pid); ok && peak > p.peak.Load() {
				p.peak.Store(peak)
			}
		}
		select {
		case <-p.done:
			return
		case <-time.After(lookEvery):
		}
	}
}

// children are the processes it has started, see proc_pid_task(5).
func (p *proc) children() (pids []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.cmd.Process.Pid))
	for _, file := range files {
		text, _ := os.ReadFile(file) // it may just have ended
		for _, word := range strings.Fields(string(text)) {
			var pid int
			if _, err := fmt.Sscan(word, &pid); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// wait waits for the end; any but a good one is an error.
func (p *proc) wait() error {
	<-p.done
	if state := p.cmd.ProcessState; !state.Success() {
		return fmt.Errorf("%s ended with %s:\n%s", p.name, state, p.log.String())
	}
	return nil
}

// cpu is the time it has used; once it has ended.
func (p *proc) cpu() time.Duration {
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// kill ends it without a word.
func (p *proc) kill() { _ = p.cmd.Process.Signal(syscall.SIGKILL) }

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.buf.Len() > 1<<20 {
		t.buf.Next(t.buf.Len() / 2)
	}
	return t.buf.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
