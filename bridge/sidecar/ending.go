package sidecar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"knelt.dev/bridge/podfiles"
	"knelt.dev/bridge/wire"
)

// attend follows the launcher from its coming to its end.
func (b *Sidecar) attend(ctx context.Context) {
	launcher, err := b.c.Dir.Await(ctx, podfiles.Launcher)
	if err != nil {
		if ctx.Err() == nil {
			b.end(err)
		}
		return
	}
	b.c.Log.Info("the launcher is here")
	defer context.AfterFunc(ctx, func() { _ = launcher.Close() })()
	for {
		bell, err := launcher.Next()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !errors.Is(err, io.EOF):
			b.end(err)
			return
		case err != nil:
			b.launcherGone()
			return
		case bell == podfiles.Started:
			b.letGo()
			b.launch()
		case bell == podfiles.Exited:
			b.launcherGone()
			return
		}
	}
}

// launch notes that the connector runs.
func (b *Sidecar) launch() {
	b.mu.Lock()
	b.launched = true
	b.mu.Unlock()
	b.wake()
}

// letGo leaves the streams to the connector alone.
func (b *Sidecar) letGo() {
	b.ends.Lock()
	defer b.ends.Unlock()
	b.streams.LetGo()
}

// launcherGone takes how the connector ended, or that nobody can tell.
func (b *Sidecar) launcherGone() {
	b.letGo()
	exit, err := b.c.Dir.ReadExit()
	b.mu.Lock()
	waiting := b.state == wire.Waiting
	b.mu.Unlock()
	switch {
	case errors.Is(err, fs.ErrNotExist) && waiting:
		b.end(errors.New("the launcher ended before it had a connector to start: see its container"))
		return
	case errors.Is(err, fs.ErrNotExist):
		exit = podfiles.Exit{
			Code: 137, Signal: wire.SignalLost,
			Problem: "its container ended without telling how: the launcher in it was killed",
		}
	case err != nil:
		b.end(err)
		return
	}
	b.exited(exit)
}

// exited keeps the exit for settle and bounds how long outputs may stay open.
func (b *Sidecar) exited(exit podfiles.Exit) {
	b.mu.Lock()
	b.exit = &wire.ExitPayload{
		Code: exit.Code, Signal: exit.Signal, OOM: exit.OOM,
		Terminated: exit.Terminated || b.told, LeftOver: exit.LeftOver, Reason: exit.Problem,
	}
	b.mu.Unlock()
	b.c.Log.Info("the connector has ended", "code", exit.Code, "signal", exit.Signal, "oom", exit.OOM, "leftOver", exit.LeftOver)
	b.in.brake()
	for _, p := range b.pumps {
		if err := p.connectorExited(); err != nil {
			b.c.Log.Warn("an output cannot be bounded in time", "error", err)
		}
	}
	close(b.gone)
}

// settle makes the state exited, once the outputs have ended and the exit is
// known.
func (b *Sidecar) settle(ctx context.Context) {
	select {
	case <-b.gone:
	case <-ctx.Done():
		return
	}
	b.mu.Lock()
	e := podfiles.Exit{
		Code: b.exit.Code, Signal: b.exit.Signal, OOM: b.exit.OOM, Terminated: b.exit.Terminated,
		LeftOver: b.exit.LeftOver, Problem: b.exit.Reason,
	}.Explain(&b.stderr)
	b.exit.OOM, b.exit.Reason, b.exit.StderrTail = e.OOM, e.Reason, e.StderrTail
	b.state = wire.Exited
	b.mu.Unlock()
	b.wake()
}

// terminate tells the launcher to end the connector.
func (b *Sidecar) terminate(grace time.Duration) error {
	b.mu.Lock()
	b.told = true
	b.mu.Unlock()
	return b.ask(grace)
}

func (b *Sidecar) ask(grace time.Duration) error {
	if err := b.c.Dir.WriteTerminate(podfiles.Terminate{GraceMillis: grace.Milliseconds()}); err != nil {
		return err
	}
	return b.alive.Ring(podfiles.Look)
}

// guard ends connector and sidecar when the lease is lost. Relays are refused at
// once: theirs was the lease.
func (b *Sidecar) guard(ctx context.Context) {
	reason := b.watch.run(ctx)
	if reason == nil {
		return
	}
	b.c.Log.Error("ending the connector", "error", reason)
	b.mu.Lock()
	b.lost = reason.Error()
	s, waiting := b.current.Load(), b.state == wire.Waiting
	b.mu.Unlock()
	if s != nil {
		s.cut(reason)
	}
	if !waiting {
		reason = errors.Join(reason, b.endConnector(ctx))
	}
	b.end(reason)
}

// endConnector waits until the connector is gone. If the launcher does not do
// it, the sidecar's own end makes it.
func (b *Sidecar) endConnector(ctx context.Context) error {
	if err := b.terminate(b.c.Grace); err != nil {
		return err
	}
	select {
	case <-b.gone:
	case <-ctx.Done():
	case <-time.After(b.c.Grace + b.c.Linger):
		return fmt.Errorf("the launcher did not end the connector within %s", b.c.Grace+b.c.Linger)
	}
	return nil
}

// Stop is what SIGTERM asks for: a connector that runs is ended, and how it
// ended is kept for its relay until that is DONE, or none has been there for the
// lease's time: whoever takes a lease over comes sooner. It returns when the
// sidecar has ended, or ctx ends.
func (b *Sidecar) Stop(ctx context.Context) {
	b.mu.Lock()
	state, lost := b.state, b.lost
	b.mu.Unlock()
	switch {
	case lost != "" || state == wire.Waiting:
		b.end(errors.New("the sidecar was told to end before a connector was started"))
		return
	case state == wire.Running:
		if err := b.endConnector(ctx); err != nil {
			b.end(err)
			return
		}
	}
	b.awaitDone(ctx)
}

// awaitDone ends the sidecar when no relay has been there for too long.
func (b *Sidecar) awaitDone(ctx context.Context) {
	told := time.Now()
	for {
		since := b.detachedSince()
		switch {
		case since.IsZero():
			since = time.Now() // one is there
		case since.Before(told):
			since = told
		}
		left := b.c.TTL - time.Since(since)
		if left <= 0 {
			b.end(fmt.Errorf("the sidecar was told to end, and no relay came within %s for what the connector has left", b.c.TTL))
			return
		}
		select {
		case <-time.After(left):
		case <-b.quit:
			return
		case <-ctx.Done():
			return
		}
	}
}

// fatal ends the sidecar for an error of this machine (a full volume, a lost
// FIFO): no other relay could do better. A relay's fault is passed on.
func (b *Sidecar) fatal(err error) error {
	var wrong *wire.FormatError
	if err != nil && !errors.As(err, &wrong) {
		go b.end(err) // it takes mu, which is held here
	}
	return err
}
