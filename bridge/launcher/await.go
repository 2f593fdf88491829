//go:build linux

package launcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"knelt.dev/bridge/podfiles"
)

// notStarted tells that the connector is not wanted any more before it ran.
type notStarted struct{ exit podfiles.Exit }

func (e *notStarted) Error() string { return e.exit.Problem }

// meet waits for the sidecar, shows it that the launcher is there, and begins to
// listen to its bells.
func (l *launcher) meet(ctx context.Context) (err error) {
	if l.peer, err = l.cfg.Dir.Await(ctx, podfiles.Sidecar); err != nil {
		return err
	}
	if l.me, err = l.cfg.Dir.Appear(podfiles.Launcher); err != nil {
		return err
	}
	go l.listen(l.peer, l.bells)
	return nil
}

// listen passes the sidecar's bells on; it closes bells when that is gone.
func (l *launcher) listen(peer *podfiles.Peer, bells chan<- podfiles.Bell) {
	defer close(bells)
	for {
		bell, err := peer.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				l.say("%v", err)
			}
			return
		}
		bells <- bell
	}
}

// awaitStart waits for start.json.
func (l *launcher) awaitStart(ctx context.Context) (podfiles.Start, error) {
	for {
		if t, err := l.cfg.Dir.ReadTerminate(); err == nil {
			return podfiles.Start{}, unwanted(syscall.SIGTERM, true, fmt.Sprintf("the sidecar asked to end it before it was started (with a grace of %v)", t.Grace()))
		}
		start, err := l.cfg.Dir.ReadStart()
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return start, err
		case len(start.Args) == 0:
			return start, errors.New("start.json has no arguments for the connector: the sidecar is of another version than the launcher")
		default:
			return start, nil
		}
		select {
		case _, open := <-l.bells:
			if !open {
				return start, errors.New("the sidecar ended before the connector was started: its own log tells why")
			}
		case <-ctx.Done():
			return start, fmt.Errorf("waiting for start.json: %w", context.Cause(ctx))
		}
	}
}
