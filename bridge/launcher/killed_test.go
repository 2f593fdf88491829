//go:build linux

package launcher

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"knelt.dev/bridge/podfiles"
)

// TestTheConnectorDoesNotOutliveItsLauncher: the kernel sees to it, and the
// sidecar sees that nobody can tell how it ended.
func TestTheConnectorDoesNotOutliveItsLauncher(t *testing.T) {
	t.Parallel()
	p := newPod(t)
	p.run("/bin/sh", "-c", "trap '' TERM HUP; echo ready; while :; do read x; done; sleep 120")
	p.line()
	// Long enough that a thread the Go runtime might end would have ended.
	time.Sleep(200 * time.Millisecond)
	all := descendants(p.cmd.Process.Pid)
	if len(all) != 1 {
		t.Errorf("%d processes, want the connector", len(all))
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.await(p.gone, "the launcher's end as the sidecar sees it")
	p.rest()
	mustEnd(t, all)
	if _, err := p.dir.ReadExit(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("exit.json: %v", err)
	}
}

// TestTheConnectorDoesNotOutliveItsSidecar although it ignores SIGTERM and has
// children that left its group.
func TestTheConnectorDoesNotOutliveItsSidecar(t *testing.T) {
	t.Parallel()
	p := emptyPod(t)
	sidecar := &exec.Cmd{Path: self(t), Args: []string{asSidecar, string(p.dir), "read"}}
	out, err := sidecar.StdoutPipe()
	if err == nil {
		err = sidecar.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.launch("/bin/sh", "-c", "trap '' TERM; setsid sleep 120 & sleep 0.2; echo ready; while :; do sleep 1; done")
	if err := out.(*os.File).SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, len("ready\n"))
	if _, err := io.ReadFull(out, ready); err != nil {
		_ = sidecar.Process.Kill() // so that the launcher ends
		t.Fatalf("%v; the launcher said: %s", err, p.log.String())
	}
	all := descendants(p.cmd.Process.Pid)
	for _, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		if err := sidecar.Process.Signal(sig); err != nil {
			t.Error(err)
		}
		time.Sleep(600 * time.Millisecond) // twice the grace
	}
	if exit, err := p.dir.ReadExit(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a frozen sidecar is not a dead one, but: %+v, %v", exit, err)
	}
	if err := sidecar.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = sidecar.Wait() // it was killed
	if exit := p.end(); exit != (podfiles.Exit{Code: 137, Signal: "SIGKILL", Terminated: true}) {
		t.Errorf("got %+v", exit)
	}
	mustEnd(t, all)
}

// TestARestartedSidecarEndsThePod: it may not take the place of the first.
func TestARestartedSidecarEndsThePod(t *testing.T) {
	t.Parallel()
	p := newPod(t)
	p.run("/bin/sh", "-c", "echo ready; exec sleep 120")
	p.line()
	if _, err := p.dir.Claim(); !errors.Is(err, podfiles.ErrRestarted) {
		t.Errorf("a second claim: %v", err)
	}
	// One that appears all the same is told from the first.
	second, err := p.dir.Appear(podfiles.Sidecar)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	if exit := p.end(); exit != (podfiles.Exit{Code: 143, Signal: "SIGTERM", Terminated: true}) {
		t.Errorf("got %+v", exit)
	}
}

// TestAFrozenLauncherActsWhenItWakes: bells are kept.
func TestAFrozenLauncherActsWhenItWakes(t *testing.T) {
	p := newPod(t)
	p.run("/bin/sh", "-c", "echo ready; exec sleep 120")
	p.line()
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for i := range 200_000 { // more than the FIFO takes
		if err := p.me.Ring(podfiles.Look); err != nil {
			t.Fatalf("bell %d: %v", i, err)
		}
	}
	p.terminate(time.Hour)
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if exit := p.end(); exit != (podfiles.Exit{Code: 143, Signal: "SIGTERM", Terminated: true}) {
		t.Errorf("got %+v", exit)
	}
}
