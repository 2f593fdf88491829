//go:build linux

package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/bridge/client"
)

// stubborn is a connector that ignores SIGTERM, tells its process id and keeps
// what it reads.
func stubborn(t *testing.T, dir string) []string {
	t.Helper()
	return []string{"/bin/sh", "-c", `trap "" TERM; echo $$ > "$0/pid.new"; mv "$0/pid.new" "$0/pid"; exec cat > "$0/taken"`, dir}
}

func newStubborn(t *testing.T) *pod {
	t.Helper()
	dir := t.TempDir()
	p := newPod(t, stubborn(t, dir)...)
	for _, name := range []string{"pid", "taken"} {
		if err := os.Symlink(dir+"/"+name, p.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestAPodServesAConnectorAndEnds(t *testing.T) {
	// The arguments behind the script are: write --config PATH.
	p := newPod(t, "/bin/sh", "-c", `cat "$2"; echo done >&2; exit 1`)
	for _, path := range []string{"/healthz", "/readyz"} {
		res, err := http.Get("http://" + p.health + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %v", path, res.Status, err)
		}
	}
	r, err := p.attach(1)
	if err != nil {
		t.Fatal(err)
	}
	p.mustStart(r)
	text, err1 := io.ReadAll(r.Stdout())
	said, err2 := io.ReadAll(r.Stderr())
	exit, err := r.Wait()
	if errors.Join(err, err1, err2) != nil || exit.Code != 1 || string(said) != "done\n" || !strings.Contains(string(text), "hunter2") {
		t.Errorf("exit %+v, %v; %q", exit, errors.Join(err, err1, err2), said)
	}
	if p.code(p.serve) != 0 || p.code(p.exec) != 1 || p.reason() != "" {
		t.Errorf("serve ended with %d, exec with %d; %s", p.code(p.serve), p.code(p.exec), p.reason())
	}
	if log := p.serve.log.String() + p.exec.log.String(); strings.Contains(log, "hunter2") || strings.Contains(log, "s3cret") || strings.Contains(log, p.seed.Text()) {
		t.Errorf("a secret is in the logs:\n%s", log)
	}
}

func TestALostLeaseEndsEverything(t *testing.T) {
	p := newStubborn(t)
	run := p.run()
	defer run.Terminate(0)
	pid := p.pid()
	if err := p.lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.gone(pid)
	if code := p.code(p.serve); code != 1 || !strings.Contains(p.reason(), "lease is lost") {
		t.Errorf("serve ended with %d: %q", code, p.reason())
	}
	p.code(p.exec)
}

func TestWithoutItsStoreAConnectorLivesWhileARelayIsAttached(t *testing.T) {
	p := newStubborn(t)
	run := p.run()
	pid := p.pid()
	p.redis.Kill()
	p.until("the warning", func() bool { return strings.Contains(p.serve.log.String(), "the lease cannot be read") })
	time.Sleep(2 * leaseTTL)
	if _, err := io.WriteString(run.Stdin(), "still here\n"); err != nil {
		t.Error(err)
	}
	p.until("the bytes", func() bool {
		text, _ := os.ReadFile(p.path("taken"))
		return string(text) == "still here\n"
	})
	if err := run.Detach(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.gone(pid)
	if code := p.code(p.serve); code != 1 || !strings.Contains(p.reason(), "no answer from the store") {
		t.Errorf("serve ended with %d: %q", code, p.reason())
	}
	p.code(p.exec)
}

func TestAStoreThatComesBackInTimeHarmsNobody(t *testing.T) {
	p := newPod(t, "/bin/sh", "-c", "cat; exit 0")
	run := p.run()
	// A Redis that keeps nothing on disk comes back without the lease: taken anew.
	p.redis.Kill()
	p.until("the warning", func() bool { return strings.Contains(p.serve.log.String(), "the lease cannot be read") })
	p.redis.Restart(t)
	p.hold() // before the bridge may look
	p.do("ACL", "SETUSER", "bridge", "on", ">s3cret", "resetkeys", "%R~knelt:lease:*", "-@all", "+hgetall", "+ping", "+hello")
	p.until("the recovery", func() bool { return strings.Contains(p.serve.log.String(), "the lease can be read again") })
	time.Sleep(leaseTTL)
	if err := run.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, run.Stderr()) }() // it is empty
	if _, err := io.Copy(io.Discard, run.Stdout()); err != nil {
		t.Error(err)
	}
	if exit, err := run.Wait(); err != nil || exit.Code != 0 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if p.code(p.serve) != 0 {
		t.Errorf("serve ended with %d: %s", p.code(p.serve), p.reason())
	}
}

func TestAFrozenBridgeTakesNothingFromAZombieWhenItWakes(t *testing.T) {
	p := newStubborn(t)
	run := p.run()
	defer run.Terminate(0)
	pid := p.pid()
	if _, err := io.WriteString(run.Stdin(), "before\n"); err != nil {
		t.Fatal(err)
	}
	p.until("the first bytes", func() bool { text, _ := os.ReadFile(p.path("taken")); return len(text) == 7 })
	p.freeze(p.serve)
	// While it sleeps, the connection is given to another sync, and the relay
	// that does not know writes on.
	if err := p.lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.hold()
	if _, err := io.WriteString(run.Stdin(), "zombie\n"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(leaseTTL + 500*time.Millisecond)
	p.signal(p.serve, syscall.SIGCONT)
	p.gone(pid)
	if text, err := os.ReadFile(p.path("taken")); err != nil || string(text) != "before\n" {
		t.Errorf("the connector took %q, %v", text, err)
	}
	if code := p.code(p.serve); code != 1 || !strings.Contains(p.reason(), "is being synced as sync 2") {
		t.Errorf("serve ended with %d: %q", code, p.reason())
	}
}

func TestAFrozenBridgeWhoseLeaseStillLivesGoesOn(t *testing.T) {
	p := newStubborn(t)
	run := p.run()
	pid := p.pid()
	p.freeze(p.serve)
	time.Sleep(3 * leaseTTL)
	p.signal(p.serve, syscall.SIGCONT)
	if _, err := io.WriteString(run.Stdin(), "after\n"); err != nil {
		t.Fatal(err)
	}
	p.until("the bytes", func() bool { text, _ := os.ReadFile(p.path("taken")); return string(text) == "after\n" })
	run.Terminate(0)
	p.gone(pid)
}

func TestAKilledBridgeTakesItsConnectorAlongAndIsLostWhenItRestarts(t *testing.T) {
	p := newStubborn(t)
	run := p.run()
	pid := p.pid()
	p.signal(p.serve, syscall.SIGKILL)
	p.gone(pid)
	p.code(p.exec)
	if err := run.Detach(t.Context()); err == nil {
		t.Error("a bridge that is gone was detached from")
	}
	p.serve = p.startServe()
	if _, err := p.attach(9); !errors.Is(err, client.ErrPodLost) {
		t.Errorf("got %v, want a lost pod", err)
	}
	p.signal(p.serve, syscall.SIGTERM)
	if code := p.code(p.serve); code != 1 || p.reason() == "" {
		t.Errorf("serve ended with %d: %q", code, p.reason())
	}
}

func TestServeSaysWhatItNeeds(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/seed", []byte("not a seed hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	whole := map[string]string{"KNELT_BRIDGE_CONNECTION": "c", "KNELT_BRIDGE_SYNC": "1", "KNELT_BRIDGE_SEED_FILE": dir + "/seed", "KNELT_BRIDGE_STORE": "redis://x"}
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		says string
	}{
		"nothing":         {nil, nil, "--seed-file"},
		"no seed":         {[]string{"--connection", "c", "--sync", "1", "--seed-file", dir + "/none"}, nil, "no such file"},
		"a bad seed":      {nil, whole, "64 hexadecimal digits"},
		"a relative path": {[]string{"--dir", "pod"}, whole, "absolute"},
		"a bad variable":  {nil, map[string]string{"KNELT_BRIDGE_SYNC": "x"}, "KNELT_BRIDGE_SYNC"},
		"two leases":      {[]string{"--alone"}, whole, "--alone"},
		"a word":          {[]string{"now"}, whole, "now"},
	} {
		_, err := parseServe(c.args, func(name string) string { return c.env[name] }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q in it", name, err, c.says)
		}
	}
}
