//go:build linux

package client_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/launcher"
	"knelt.dev/bridge/podfiles"
	"knelt.dev/bridge/sidecar"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/connectortest"
)

// asLauncher has the test binary play the launcher.
const asLauncher = "client-test-launcher"

// playLauncher becomes the launcher if it was started as one.
func playLauncher() {
	if len(os.Args) > 1 && os.Args[1] == asLauncher {
		os.Exit(launcher.Main(os.Args[2:]))
	}
}

// heldLease is the lease of a sync that goes on.
type heldLease struct{}

func (heldLease) State(context.Context) (sidecar.LeaseState, error) {
	return sidecar.LeaseState{Held: true, Sync: 7}, nil
}

// realPod is the real sidecar, in this process, and the real launcher.
type realPod struct {
	t     testing.TB
	addr  string
	dir   podfiles.Dir
	end   context.CancelFunc
	both  sync.WaitGroup
	shell *exec.Cmd
}

func newRealPod(t testing.TB, c connector.Connector) *realPod {
	t.Helper()
	p := newSidecar(t)
	p.launch(c)
	return p
}

// newSidecar is a pod whose connector's container has not come yet.
func newSidecar(t testing.TB) *realPod {
	t.Helper()
	p := &realPod{t: t, dir: podfiles.Dir(filepath.Join(t.TempDir(), "pod"))}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	side, err := sidecar.New(sidecar.Config{
		Dir: p.dir, Seed: testSeed, Connection: "shop", Sync: 7, Lease: heldLease{}, Grace: time.Second, Linger: time.Second,
	})
	if err != nil {
		t.Fatal(errors.Join(err, l.Close()))
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.end = cancel
	p.both.Go(func() {
		if err := side.Run(ctx, l); err != nil && ctx.Err() == nil {
			t.Errorf("the sidecar: %v", err)
		}
	})
	t.Cleanup(p.clear)
	return p
}

func (p *realPod) launch(c connector.Connector) {
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	p.shell = exec.Command(self, append([]string{asLauncher, "-dir", string(p.dir), "-wait", "1m", "-drain", "1s", "-grace", "1s", "--"}, c.Command...)...)
	p.shell.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "GORACE=atexit_sleep_ms=0"}
	for name, value := range c.Env {
		p.shell.Env = append(p.shell.Env, name+"="+value)
	}
	if err := p.shell.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.both.Go(func() { _ = p.shell.Wait() }) // its exit code is the connector's
}

// clear ends what a run that was settled has ended already.
func (p *realPod) clear() {
	over := make(chan struct{})
	go func() { defer close(over); p.both.Wait() }()
	select {
	case <-over:
	case <-time.After(10 * time.Second):
		p.t.Errorf("the pod did not end after its run")
		if p.shell != nil {
			_ = p.shell.Process.Kill() // it may have ended just now
		}
	}
	p.end()
	<-over
}

func TestSuite(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	connectortest.Run(t, connectortest.Harness{
		Probe:   connector.Connector{Command: []string{self}},
		Missing: connector.Connector{Command: []string{"/no/such/program"}},
		New: func(t *testing.T) connector.Runtime {
			return client.New(func(_ context.Context, c connector.Connector) (client.Config, error) {
				if _, err := exec.LookPath(c.Command[0]); err != nil {
					return client.Config{}, &connector.StartError{Program: c.Command[0], Problem: "it does not exist", Fix: "name one that does", Err: err}
				}
				return config(newRealPod(t, c).addr, 1), nil
			})
		},
	})
}
