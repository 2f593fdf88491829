//go:build linux

package launcher

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"knelt.dev/bridge/podfiles"
)

// TestTheConnectorHasTheFIFOsAndNothingElse: with the largest capacity, blocking,
// and no descriptor of the launcher's.
func TestTheConnectorHasTheFIFOsAndNothingElse(t *testing.T) {
	p := newPod(t)
	p.env = append(p.env, modeVariable+"=descriptors")
	p.run(self(t))
	want := []string{
		fmt.Sprint(0, podfiles.PipeSize, unix.O_RDONLY, false),
		fmt.Sprint(1, podfiles.PipeSize, unix.O_WRONLY, false),
		fmt.Sprint(2, podfiles.PipeSize, unix.O_WRONLY, false),
		"ready",
	}
	for _, line := range want {
		if got := p.line(); got != line {
			t.Errorf("got %q, want %q", got, line)
		}
	}
	p.terminate(0)
	p.end()
}

// TestTheLauncherHoldsNoStream: an end of file would never come.
func TestTheLauncherHoldsNoStream(t *testing.T) {
	p := newPod(t)
	p.run("/bin/sh", "-c", "echo ready; exec sleep 120")
	p.line()
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.cmd.Process.Pid))
	if err != nil || len(links) < 3 {
		t.Fatalf("the launcher's descriptors: %q, %v", links, err)
	}
	for _, link := range links {
		file, err := os.Readlink(link)
		if err == nil && strings.Contains(filepath.Base(file), "std") && strings.HasPrefix(file, string(p.dir)) {
			t.Errorf("the launcher holds %s open", file)
		}
	}
	p.terminate(0)
	p.end()
}

func TestAStreamEndsWhenTheConnectorClosesIt(t *testing.T) {
	p := newPod(t)
	p.run("/bin/sh", "-c", "echo all; exec >&-; read line; echo $line >&2; exit 3")
	if got := p.all(p.streams.Stdout); got != "all\n" {
		t.Errorf("got %q", got)
	}
	if _, err := p.streams.Stdin.WriteString("still here\n"); err != nil {
		t.Error(err)
	}
	if got := p.all(p.streams.Stderr); got != "still here\n" {
		t.Errorf("got %q", got)
	}
	if exit := p.end(); exit != (podfiles.Exit{Code: 3}) {
		t.Errorf("got %+v", exit)
	}
}

// TestStdinMayHaveEndedBeforeTheStart: what was written before comes, then the end.
func TestStdinMayHaveEndedBeforeTheStart(t *testing.T) {
	p := newPod(t)
	_, err := p.streams.Stdin.WriteString("early")
	if err := errors.Join(err, p.streams.Stdin.Close()); err != nil {
		t.Fatal(err)
	}
	p.run("/bin/sh", "-c", "exec cat")
	if stdout, _ := p.rest(); stdout != "early" {
		t.Errorf("got %q", stdout)
	}
	p.end()
}

// TestOneThatEndsBeforeItReadsLetsTheSidecarKnow: writing fails then.
func TestOneThatEndsBeforeItReadsLetsTheSidecarKnow(t *testing.T) {
	p := newPod(t)
	p.run("/bin/true")
	p.end()
	if _, err := p.streams.Stdin.Write(make([]byte, 4<<20)); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %v, want EPIPE", err)
	}
}

// TestASlowReaderOfStderrDoesNotStopStdout: they are pipes of their own.
func TestASlowReaderOfStderrDoesNotStopStdout(t *testing.T) {
	p := newPod(t)
	p.run("/bin/sh", "-c", "head -c 3000000 /dev/zero >&2 & head -c 20000000 /dev/zero; echo done; wait")
	if err := p.streams.Stdout.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	const stdout = 20000000 + len("done\n")
	if n, err := io.CopyN(io.Discard, p.streams.Stdout, int64(stdout)); err != nil {
		t.Errorf("after %d bytes: %v", n, err)
	}
	if log := p.all(p.streams.Stderr); len(log) != 3000000 {
		t.Errorf("%d bytes of stderr", len(log))
	}
	if exit := p.end(); exit != (podfiles.Exit{}) {
		t.Errorf("got %+v", exit)
	}
}
