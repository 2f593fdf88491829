// Package bridged has the engine run connectors in pods with a bridge, which
// outlive it: an engine.Pods over whatever makes the pods.
package bridged

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

// Pods makes, finds and removes pods. Of the configs that it gives, Connection,
// Sync, Epoch and Resumable are set here.
type Pods interface {
	// Place makes the seat's pod and tells where its bridge is. If that fails
	// nothing of it stays. Errors are those of connector.Runtime.
	Place(ctx context.Context, s engine.Seat, c connector.Connector) (client.Config, error)
	// Find tells where the bridge of the seat's pod is; engine.ErrNoPod if there
	// is no such pod, or one that cannot come back.
	Find(ctx context.Context, s engine.Seat) (client.Config, error)
	// Remove is that of engine.Pods.
	Remove(ctx context.Context, connection string, sync int64) error
}

// Runtime runs reads and writes in pods, and the rest by the Runtime in it.
type Runtime struct {
	connector.Runtime
	pods Pods
}

var _ engine.Pods = (*Runtime)(nil)

// New makes a Runtime that puts seats into pods and asks other things of rt.
func New(rt connector.Runtime, pods Pods) *Runtime { return &Runtime{rt, pods} }

// StartAt implements engine.Pods.
func (rt *Runtime) StartAt(ctx context.Context, s engine.Seat, c connector.Connector, inv connector.Invocation) (engine.Attached, error) {
	cfg, err := rt.pods.Place(ctx, s, c)
	if err != nil {
		return nil, err
	}
	run, err := attach(ctx, s, cfg)
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
func (rt *Runtime) Attach(ctx context.Context, s engine.Seat) (engine.Attached, error) {
	cfg, err := rt.pods.Find(ctx, s)
	if err != nil {
		return nil, err
	}
	run, err := attach(ctx, s, cfg)
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
func (rt *Runtime) Remove(ctx context.Context, connection string, sync int64) error {
	return rt.pods.Remove(ctx, connection, sync)
}

func attach(ctx context.Context, s engine.Seat, cfg client.Config) (*client.Run, error) {
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
	at := a.Attached()
	r := &replication.Resume{Accepted: at.Stdin.Accepted, Ended: at.Stdin.Ended, Produced: at.Stdout.Produced}
	if m, snapshot, _ := a.Run.Resume(); m != nil {
		r.Snapshot, r.Version = snapshot, m.Version
		r.Source, r.Stdin, r.Stdout = m.Source, m.Offset, m.Stdout
	}
	return r
}
