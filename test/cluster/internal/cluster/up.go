// Package cluster brings the cluster up and down, and says how it is.
package cluster

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"knelt.dev/test/cluster/internal/host"
	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/machine"
	"knelt.dev/test/cluster/internal/netns"
	"knelt.dev/test/cluster/internal/plan"
	"knelt.dev/test/cluster/internal/progress"
)

// Options are what may be left out.
type Options struct {
	// Bare is without Knative.
	Bare bool
}

// Up brings the cluster up, as far as it is not, and returns when all is ready.
func Up(ctx context.Context, o Options) error {
	if err := host.Check(); err != nil {
		return err
	}
	if err := host.Install(ctx); err != nil {
		return err
	}
	programs, err := compile(ctx, o)
	if err != nil {
		return err
	}
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := start(ctx, programs); err != nil {
		return err
	}
	if err := once(ctx, "base", baseKey(), installBase); err != nil {
		return err
	}
	if o.Bare {
		return nil
	}
	key, err := knativeKey()
	if err != nil {
		return err
	}
	if err := once(ctx, "knative", key, installKnative); err != nil {
		return err
	}
	return await(ctx, "Knative", deploymentsReady(serving, eventing))
}

// start starts what does not run of the network and the machines.
func start(ctx context.Context, p plan.Programs) error {
	if err := prepare(); err != nil {
		return err
	}
	p, err := installTools(p)
	if err != nil {
		return err
	}
	if err := netns.Up(); err != nil {
		return err
	}
	if machine.Pid(layout.Control) == 0 {
		progress.Say("starting the control machine")
		if err := machine.Start(plan.Control(p), p.Tool); err != nil {
			return err
		}
	}
	if err := await(ctx, "the API server", apiServerReady); err != nil {
		return err
	}
	pause, err := pushPause(ctx, p)
	if err != nil {
		return err
	}
	for _, n := range layout.Nodes() {
		if err := startNode(p, n, pause); err != nil {
			return err
		}
	}
	for _, n := range layout.Nodes() {
		if err := await(ctx, n.Name, nodeReady(n.Name)); err != nil {
			return err
		}
	}
	return nil
}

func startNode(p plan.Programs, n layout.Node, pause string) error {
	if machine.Pid(n.Name) != 0 {
		return nil
	}
	progress.Say("starting %s", n.Name)
	if err := host.MakeCgroups(n.Name); err != nil {
		return err
	}
	files, err := plan.NodeFiles(p, n, pause)
	if err != nil {
		return err
	}
	for path, content := range files {
		if err := write(path, content); err != nil {
			return err
		}
	}
	if err := netns.Connect(n.Name, true); err != nil {
		return err
	}
	return machine.Start(plan.Node(p, n), p.Tool)
}

// lock keeps two of us from changing the cluster at the same time.
func lock() (unlock func(), err error) {
	f, err := os.OpenFile(layout.Lock, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the cluster's lock: %w", err)
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		progress.Say("waiting for another one who changes the cluster")
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
			return nil, fmt.Errorf("waiting for the cluster's lock: %w", err)
		}
	}
	return func() { _ = f.Close() }, nil // closing it gives it back
}
