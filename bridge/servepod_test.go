//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/secure"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
	"knelt.dev/test/redistest"
)

// patience bounds every wait for what must come.
const patience = 40 * time.Second

// leaseTTL is short, so that its end can be waited for.
const leaseTTL = 1500 * time.Millisecond

// mainArg has the test binary be the bridge.
const mainArg = "bridge-test-main"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == mainArg {
		os.Args = append(os.Args[:1], os.Args[2:]...)
		main()
	}
	os.Exit(m.Run())
}

// pod is the two processes of a pod, with a real Redis.
type pod struct {
	t      *testing.T
	dir    string
	seed   secure.PodSeed
	redis  *redistest.Server
	store  store.Store
	lease  store.Lease
	sync   int64
	health string

	serve, exec *process
	addr        string
}

// process is a bridge's process.
type process struct {
	cmd   *exec.Cmd
	log   lockedBuffer
	ended chan struct{}
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

const connectionName = "shop {eu} to lake"

// newPod starts a Redis with a lease, and the bridge for a connector.
func newPod(t *testing.T, program ...string) *pod {
	t.Helper()
	p := &pod{t: t, dir: t.TempDir(), redis: redistest.Start(t)}
	var err error
	if p.seed, err = secure.NewSyncSeed().Pod(secure.Destination); err != nil {
		t.Fatal(err)
	}
	p.write("seed", p.seed.Text()+"\n")
	p.write("store", strings.Replace(p.redis.URL(), "redis://", "redis://bridge:s3cret@", 1))
	// The user of docs/store.md.
	p.do("ACL", "SETUSER", "bridge", "on", ">s3cret", "resetkeys", "%R~knelt:lease:*", "-@all", "+hgetall", "+ping", "+hello")
	if p.store, err = redis.Open(t.Context(), p.redis.URL(), redis.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.store.Close() })
	p.hold()
	p.serve = p.startServe()
	p.exec = p.start(append([]string{"exec", "--dir", p.path("pod"), "--grace", "200ms", "--"}, program...)...)
	return p
}

func (p *pod) path(name string) string { return filepath.Join(p.dir, name) }

func (p *pod) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(p.path(name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pod) do(args ...string) {
	p.t.Helper()
	if _, err := redistest.Do(p.redis.Addr, args...); err != nil {
		p.t.Fatalf("%s: %v", args[0], err)
	}
}

// hold takes the lease and begins a sync, for as long as the test lasts.
func (p *pod) hold() {
	p.t.Helper()
	var err error
	if p.lease, err = p.store.Acquire(p.t.Context(), connectionName, "test", time.Hour); err != nil {
		p.t.Fatal(err)
	}
	r, err := p.lease.Begin(p.t.Context(), store.Begin{Sync: store.SyncRecord{Status: store.Running}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.sync = r.ID
}

func (p *pod) startServe() *process {
	p.t.Helper()
	s := p.start("serve", "--dir", p.path("pod"), "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0", "--seed-file", p.path("seed"),
		"--store-file", p.path("store"), "--connection", connectionName, "--sync", strconv.FormatInt(p.sync, 10),
		"--lease-ttl", leaseTTL.String(), "--grace", "200ms", "--termination-log", p.path("termination"))
	p.until("the bridge's address", func() bool { p.addr, p.health = listening(s.log.String()); return p.addr != "" })
	return s
}

// listening finds the addresses in the log.
func listening(log string) (relays, probes string) {
	for line := range strings.Lines(log) {
		var entry struct{ Msg, Address, Health string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening for relays" {
			return entry.Address, entry.Health
		}
	}
	return "", ""
}

// start starts a bridge's process.
func (p *pod) start(args ...string) *process {
	p.t.Helper()
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	one := &process{cmd: exec.Command(self, append([]string{mainArg}, args...)...), ended: make(chan struct{})}
	one.cmd.Stderr = &one.log
	if err := one.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(one.ended)
		_ = one.cmd.Wait() // code looks at how
	}()
	p.t.Cleanup(func() {
		_ = one.cmd.Process.Kill() // it normally has ended
		<-one.ended
		if p.t.Failed() {
			p.t.Logf("%s:\n%s", args[0], one.log.String())
		}
	})
	return one
}

// code waits for a process's end and gives its exit code.
func (p *pod) code(one *process) int {
	p.t.Helper()
	select {
	case <-one.ended:
	case <-time.After(patience):
		p.t.Fatalf("a process did not end within %v", patience)
	}
	return one.cmd.ProcessState.ExitCode()
}

func (p *pod) until(name string, is func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s did not come true within %v", name, patience)
		}
	}
}

// attach attaches as a relay of an epoch.
func (p *pod) attach(epoch int64) (*client.Run, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	return client.Attach(ctx, client.Config{Addr: p.addr, Seed: p.seed, Connection: connectionName, Sync: p.sync, Epoch: epoch, GiveUp: patience})
}

// run attaches and starts the connector.
func (p *pod) run() *client.Run {
	p.t.Helper()
	r, err := p.attach(1)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mustStart(r)
	return r
}

func (p *pod) mustStart(r *client.Run) {
	p.t.Helper()
	if err := r.Start(p.t.Context(), connector.Invocation{Command: connector.Write, Config: []byte(`{"password":"hunter2"}`)}); err != nil {
		p.t.Fatal(err)
	}
}

// pid reads the process id that the connector wrote.
func (p *pod) pid() int {
	p.t.Helper()
	pid := 0
	p.until("the connector's process", func() bool {
		text, _ := os.ReadFile(p.path("pid"))
		n, err := strconv.Atoi(strings.TrimSpace(string(text)))
		pid = n
		return err == nil && strings.HasSuffix(string(text), "\n")
	})
	return pid
}

// gone waits until a process is no more.
func (p *pod) gone(pid int) {
	p.t.Helper()
	p.until("the connector's end", func() bool {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		return err != nil || bytes.Contains(text, []byte(") Z "))
	})
}

func (p *pod) signal(one *process, s syscall.Signal) {
	p.t.Helper()
	if err := one.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// freeze stops a process, and returns when it stands still: the signal alone
// lets its threads run on until one of them has taken it.
func (p *pod) freeze(one *process) {
	p.t.Helper()
	p.signal(one, syscall.SIGSTOP)
	p.until("its standstill", func() bool {
		threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(one.cmd.Process.Pid), "task", "*", "stat"))
		for _, path := range threads {
			text, readErr := os.ReadFile(path)
			if readErr != nil || !bytes.Contains(text, []byte(") T ")) {
				return false
			}
		}
		return err == nil && len(threads) > 0
	})
}

// reason reads what was left for Kubernetes.
func (p *pod) reason() string {
	text, _ := os.ReadFile(p.path("termination"))
	return string(text)
}
