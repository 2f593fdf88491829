//go:build linux

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"knelt.dev/bridge/secure"
)

// newLonePod is a pod without a store.
func newLonePod(t *testing.T, program ...string) *pod {
	t.Helper()
	p := &pod{t: t, dir: t.TempDir(), sync: 1}
	var err error
	if p.seed, err = secure.NewSyncSeed().Pod(secure.Source); err != nil {
		t.Fatal(err)
	}
	p.write("seed", p.seed.Text())
	p.serve = p.start("serve", "--alone", "--dir", p.path("pod"), "--listen", "127.0.0.1:0", "--health", "", "--seed-file", p.path("seed"),
		"--connection", connectionName, "--sync", strconv.FormatInt(p.sync, 10), "--lease-ttl", leaseTTL.String(), "--grace", "200ms", "--termination-log", p.path("termination"))
	p.until("the bridge's address", func() bool { p.addr, _ = listening(p.serve.log.String()); return p.addr != "" })
	p.exec = p.start(append([]string{"exec", "--dir", p.path("pod"), "--grace", "200ms", "--"}, program...)...)
	return p
}

// TestAnAttachedRelayIsALoneBridgesLease: it lives for longer than the TTL, and
// its log is quiet about what is not there.
func TestAnAttachedRelayIsALoneBridgesLease(t *testing.T) {
	p := newLonePod(t, "/bin/sh", "-c", "sleep 4; echo done; exit 5")
	r := p.run()
	text, err := io.ReadAll(r.Stdout())
	if err != nil || string(text) != "done\n" {
		t.Errorf("got %q, %v", text, err)
	}
	if _, err := io.ReadAll(r.Stderr()); err != nil {
		t.Error(err)
	}
	if exit, err := r.Wait(); err != nil || exit.Code != 5 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if code := p.code(p.serve); code != 0 {
		t.Errorf("serve ended with %d: %s", code, p.reason())
	}
	if log := p.serve.log.String(); strings.Contains(log, "store") || strings.Contains(log, "WARN") {
		t.Errorf("its log:\n%s", log)
	}
}

func TestALoneBridgeEndsWithItsRelay(t *testing.T) {
	p := newLonePod(t, "/bin/sh", "-c", `trap "" TERM; while :; do sleep 0.1; done`)
	r := p.run()
	if err := r.Detach(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := p.code(p.serve); code != 1 || !strings.Contains(p.reason(), "no relay has been attached") {
		t.Errorf("serve ended with %d: %s", code, p.reason())
	}
	p.code(p.exec)
}

// TestInstallCopiesAProgramThatRuns, and may come twice.
func TestInstallCopiesAProgramThatRuns(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		if code := install([]string{dir}); code != 0 {
			t.Fatalf("install ended with %d", code)
		}
	}
	path := filepath.Join(dir, "bridge")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o555 {
		t.Errorf("%v, %v", info, err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	want, err1 := os.ReadFile(self)
	got, err2 := os.ReadFile(path)
	if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
		t.Errorf("the copy has %d bytes of %d: %v, %v", len(got), len(want), err1, err2)
	}
	if out, err := exec.Command(path, mainArg, "version").CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "bridge ") {
		t.Errorf("the copy says %q, %v", out, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
	for _, args := range [][]string{nil, {"relative"}, {dir, dir}} {
		if code := install(args); code != 2 {
			t.Errorf("%q: %d", args, code)
		}
	}
	if code := install([]string{dir + "/none"}); code != 1 {
		t.Errorf("a folder that is not there: %d", code)
	}
}
