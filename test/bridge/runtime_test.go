//go:build linux

package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/replication"
)

// podRuntime runs reads and writes in pods, and the rest by the Runtime in it.
type podRuntime struct {
	connector.Runtime
	pods localPods
}

var _ engine.Pods = (*podRuntime)(nil)

// StartAt implements engine.Pods.
func (rt *podRuntime) StartAt(ctx context.Context, s engine.Seat, c connector.Connector, inv connector.Invocation) (engine.Attached, error) {
	cfg, err := rt.pods.Place(ctx, s, c)
	if err != nil {
		return nil, err
	}
	run, err := attachSeat(ctx, s, cfg)
	if err != nil {
		return nil, fmt.Errorf("reaching the pod for %s: %w", s.Command, err)
	}
	if err := run.Start(ctx, inv); err != nil {
		leave(run)
		return nil, err
	}
	return attached{Relayed: client.Relayed{Run: run}, started: true}, nil
}

// Attach implements engine.Pods.
func (rt *podRuntime) Attach(ctx context.Context, s engine.Seat) (engine.Attached, error) {
	cfg, err := rt.pods.Find(ctx, s)
	if err != nil {
		return nil, err
	}
	run, err := attachSeat(ctx, s, cfg)
	if errors.Is(err, client.ErrPodLost) {
		return nil, fmt.Errorf("%w: %w", engine.ErrNoPod, err)
	}
	if err != nil {
		return nil, err
	}
	if run.State() == wire.Waiting {
		leave(run)
		return nil, fmt.Errorf("%w: the pod at %s was never told what to run", engine.ErrNoPod, cfg.Addr)
	}
	return attached{Relayed: client.Relayed{Run: run}}, nil
}

// Remove implements engine.Pods.
func (rt *podRuntime) Remove(ctx context.Context, connection string, sync int64) error {
	return rt.pods.Remove(ctx, connection, sync)
}

func attachSeat(ctx context.Context, s engine.Seat, cfg client.Config) (*client.Run, error) {
	cfg.Connection, cfg.Sync, cfg.Epoch, cfg.Resumable = s.Connection, s.Sync, s.Epoch, true
	return client.Attach(ctx, cfg)
}

// leave lets go of a run that nobody will use; its pod is removed.
func leave(run *client.Run) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = run.Detach(ctx) // nothing depends on its answer
}

// attached is a run as the engine sees it.
type attached struct {
	client.Relayed
	started bool
}

// Resume implements engine.Attached.
func (a attached) Resume() *replication.Resume {
	if a.started {
		return nil
	}
	return resumeOf(a.Attached(), a.Run)
}
