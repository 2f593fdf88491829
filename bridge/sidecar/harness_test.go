//go:build linux

package sidecar

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"knelt.dev/bridge/podfiles"
	"knelt.dev/bridge/secure"
)

// patience bounds every wait for something that must come.
const patience = 30 * time.Second

// pod is a sidecar with the real launcher beside it, as a process.
type pod struct {
	t      testing.TB
	c      Config
	b      *Sidecar
	addr   string
	cancel context.CancelFunc
	done   chan struct{} // Run has returned
	err    error         // what it returned
	log    logged
	lease  *fakeLease

	cmd   *exec.Cmd
	ended chan struct{} // the launcher's process has ended
}

// logged keeps a log, for several goroutines.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// fakeLease says what a test wants.
type fakeLease struct {
	mu    sync.Mutex
	state LeaseState
	err   error
	asked int
}

func (l *fakeLease) State(context.Context) (LeaseState, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	return l.state, l.err
}

func (l *fakeLease) set(s LeaseState, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state, l.err = s, err
}

const (
	testConnection = "shop to lake"
	testSync       = 7
)

// newPod runs a sidecar; change may alter its config.
func newPod(t testing.TB, change ...func(*Config)) *pod {
	t.Helper()
	p := &pod{t: t, done: make(chan struct{}), lease: &fakeLease{state: LeaseState{Held: true, Sync: testSync}}}
	seed, err := secure.NewSyncSeed().Pod(secure.Source)
	if err != nil {
		t.Fatal(err)
	}
	p.c = Config{
		Dir: podfiles.Dir(filepath.Join(t.TempDir(), "pod")), Seed: seed, Connection: testConnection, Sync: testSync,
		Lease: p.lease, Log: slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Grace: 10 * time.Second,
	}
	for _, f := range change {
		f(&p.c)
	}
	p.serve()
	return p
}

// serve starts the sidecar itself.
func (p *pod) serve() {
	p.t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		p.t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		p.t.Fatal(err)
	}
	p.addr = net.JoinHostPort("127.0.0.1", port)
	if p.b, err = New(p.c); err != nil {
		p.t.Fatal(errors.Join(err, l.Close()))
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	go func() {
		defer close(p.done)
		p.err = p.b.Run(ctx, l)
	}()
	p.t.Cleanup(p.clear)
}

// launch starts the launcher for a connector of the words of play.
func (p *pod) launch(words ...string) *pod {
	p.t.Helper()
	return p.launchProgram(append([]string{self(p.t), asConnector}, words...)...)
}

func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// launchProgram starts the launcher for any program.
func (p *pod) launchProgram(words ...string) *pod {
	p.t.Helper()
	args := []string{asLauncher, "-dir", string(p.c.Dir), "-drain", "2s", "-grace", "300ms", "--"}
	p.cmd = exec.Command(self(p.t), append(args, words...)...)
	p.cmd.Stderr = &p.log
	p.ended = make(chan struct{})
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // a test that cares looks at the state
	}()
	p.until("the launcher's coming", func() bool { return strings.Contains(p.log.String(), "the launcher is here") })
	return p
}

// await waits for what must come.
func (p *pod) await(what <-chan struct{}, name string) {
	p.t.Helper()
	select {
	case <-what:
	case <-time.After(patience):
		p.t.Fatalf("%s did not come within %v; log:\n%s", name, patience, p.log.String())
	}
}

// until waits for a condition that nothing tells of.
func (p *pod) until(name string, is func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s did not come true within %v; log:\n%s", name, patience, p.log.String())
		}
	}
}

// end waits for Run's end and that of the launcher, and gives Run's error.
func (p *pod) end() error {
	p.t.Helper()
	p.await(p.done, "the sidecar's end")
	if p.cmd != nil {
		p.await(p.ended, "the launcher's end")
	}
	return p.err
}

func (p *pod) clear() {
	p.cancel()
	<-p.done
	if p.cmd != nil {
		select {
		case <-p.ended:
		case <-time.After(patience):
			p.t.Errorf("the launcher outlived the sidecar; log:\n%s", p.log.String())
			_ = p.cmd.Process.Kill()
			<-p.ended
		}
	}
	if p.t.Failed() && !strings.Contains(p.t.Name(), "/") {
		p.t.Logf("log:\n%s", p.log.String())
	}
}

// alive tells whether a process runs.
func alive(pid int) bool {
	b, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(rest, "Z") && syscall.Kill(pid, 0) == nil
}
