//go:build linux

package launcher

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"knelt.dev/bridge/podfiles"
)

// patience bounds every wait of a test for something that must come.
const patience = 30 * time.Second

// pod is a launcher's process and the sidecar beside it, which is the test.
type pod struct {
	t     *testing.T
	dir   podfiles.Dir
	env   []string // of the launcher, and so of the connector
	flags []string
	attr  *syscall.SysProcAttr

	brokenLog *os.File // instead of log
	claim     *os.File
	me        *podfiles.Presence
	streams   *podfiles.Streams

	cmd     *exec.Cmd
	log     locked        // what the launcher said
	started chan struct{} // the connector has its streams, or never will
	gone    chan struct{} // the launcher is gone, as the sidecar can see it
	ended   chan struct{} // and its process was waited for
	peer    *podfiles.Peer
	watched bool
}

// locked is a buffer for several goroutines.
type locked struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// emptyPod is one in which nobody has come yet.
func emptyPod(t *testing.T) *pod {
	t.Helper()
	p := &pod{t: t, dir: podfiles.Dir(filepath.Join(t.TempDir(), "pod")), env: []string{"PATH=/usr/local/bin:/usr/bin:/bin"}}
	// Else each process built with the race detector takes a second to end.
	p.env = append(p.env, "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	p.flags = []string{"-drain", "1s", "-grace", "300ms"}
	p.started, p.gone, p.ended = make(chan struct{}), make(chan struct{}), make(chan struct{})
	t.Cleanup(p.clear)
	return p
}

// newPod is one with a sidecar.
func newPod(t *testing.T) *pod {
	t.Helper()
	p := emptyPod(t)
	p.serve()
	return p
}

// serve is the sidecar's beginning.
func (p *pod) serve() {
	p.t.Helper()
	claim, err := p.dir.Claim()
	if err == nil {
		p.t.Cleanup(func() { _ = claim.Close() }) // a test may have closed it
		p.claim, err = claim, p.dir.Prepare()
	}
	if err == nil {
		p.streams, err = p.dir.OpenStreams()
	}
	if err == nil {
		p.peer, err = p.dir.Watch(podfiles.Launcher)
	}
	if err == nil {
		p.me, err = p.dir.Appear(podfiles.Sidecar)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// launch starts the launcher for a program.
func (p *pod) launch(words ...string) {
	p.t.Helper()
	args := append([]string{asLauncher, "-dir", string(p.dir)}, p.flags...)
	p.launchAs(append(append(args, "--"), words...))
}

// launchAs starts this binary with the arguments, the first of which is its name.
func (p *pod) launchAs(args []string) {
	p.t.Helper()
	p.cmd = &exec.Cmd{Path: self(p.t), Args: args, Env: p.env, Stderr: &p.log, SysProcAttr: p.attr}
	if p.brokenLog != nil {
		p.cmd.Stderr = p.brokenLog
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // the state tells
	}()
}

// watch is the sidecar's watching of the launcher.
func (p *pod) watch() {
	defer close(p.gone)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := p.peer.Await(ctx)
	if err == nil {
		_, err = p.peer.Next()
	}
	p.streams.LetGo()
	close(p.started)
	for err == nil {
		_, err = p.peer.Next()
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) {
		p.t.Errorf("%v; the launcher said: %s", err, p.log.String())
	}
}

// start asks for the connector and waits until it has started, or never will.
func (p *pod) start(args ...string) {
	p.t.Helper()
	p.watched = true
	go p.watch()
	if err := errors.Join(p.dir.WriteStart(podfiles.Start{Command: "read", Args: append([]string{"read"}, args...)}), p.me.Ring(podfiles.Look)); err != nil {
		p.t.Fatal(err)
	}
	p.await(p.started, "the connector's start")
}

// run launches a program and starts it.
func (p *pod) run(words ...string) {
	p.t.Helper()
	p.launch(words...)
	p.start()
}

func (p *pod) terminate(grace time.Duration) {
	p.t.Helper()
	err := errors.Join(p.dir.WriteTerminate(podfiles.Terminate{GraceMillis: grace.Milliseconds()}), p.me.Ring(podfiles.Look))
	if err != nil {
		p.t.Error(err)
	}
}

// line reads a line of stdout.
func (p *pod) line() string {
	p.t.Helper()
	var text []byte
	for b := []byte{0}; b[0] != '\n'; {
		if err := p.streams.Stdout.SetReadDeadline(time.Now().Add(patience)); err != nil {
			p.t.Fatal(err)
		}
		if _, err := p.streams.Stdout.Read(b); err != nil {
			p.t.Fatalf("after %q: %v; the launcher said: %s", text, err, p.log.String())
		}
		text = append(text, b[0])
	}
	return strings.TrimSuffix(string(text), "\n")
}

// rest reads both outputs to their ends.
func (p *pod) rest() (stdout, stderr string) {
	p.t.Helper()
	logged := make(chan string)
	go func() { logged <- p.all(p.streams.Stderr) }()
	stdout = p.all(p.streams.Stdout)
	return stdout, <-logged
}

func (p *pod) all(r interface {
	io.Reader
	SetReadDeadline(time.Time) error
},
) string {
	err := r.SetReadDeadline(time.Now().Add(patience))
	text, readErr := io.ReadAll(r)
	if err := errors.Join(err, readErr); err != nil {
		p.t.Errorf("reading an output to its end: %v", err)
	}
	return string(text)
}

// end waits for the launcher's end and gives exit.json, which must agree with
// its own exit code.
func (p *pod) end() podfiles.Exit {
	p.t.Helper()
	p.await(p.ended, "the launcher's end")
	exit, err := p.dir.ReadExit()
	if err != nil {
		p.t.Fatalf("%v; the launcher said: %s", err, p.log.String())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != exit.Code {
		p.t.Errorf("the launcher's own exit code is %d, exit.json has %+v", code, exit)
	}
	return exit
}

// await waits for what must come.
func (p *pod) await(what <-chan struct{}, name string) {
	p.t.Helper()
	select {
	case <-what:
	case <-time.After(patience):
		p.t.Fatalf("%s did not come within %v; the launcher said: %s", name, patience, p.log.String())
	}
}

// clear ends what a failed test left.
func (p *pod) clear() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill() // it normally has ended
		<-p.ended
	}
	if p.me != nil {
		_ = p.me.Close()
	}
	if p.peer != nil {
		_ = p.peer.Close()
	}
	if p.watched {
		<-p.gone
	}
	if p.streams != nil {
		p.streams.Close()
	}
}
