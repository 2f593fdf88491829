package host

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Run serves until SIGTERM or SIGINT, then drains; a second signal ends it at
// once. It is Serve for a main.
func (h *Host) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	defer signal.Stop(signals)
	go func() {
		for do := cancel; ; do = h.Abort {
			select {
			case s := <-signals:
				h.cfg.Log.Info("signal", "signal", s.String())
				do()
			case <-h.base.Done():
				return
			}
		}
	}()
	return h.Serve(ctx)
}

// Abort makes a host that serves end without waiting for anybody.
func (h *Host) Abort() {
	h.gate.close()
	h.abort()
}

// Serve listens until ctx ends, or Abort is called. Then readiness is off, new
// requests are refused, handlers are told (Draining), and Serve returns when
// they have answered. After Config.DrainTimeout, or Abort, their contexts end
// and connections are cut: that is an error, as is a listener that fails. A host
// serves once.
func (h *Host) Serve(ctx context.Context) error {
	l, err := h.listen(ctx)
	if err != nil {
		return err
	}
	return h.ServeOn(ctx, l)
}

// ServeOn is Serve with a listener, which it closes.
func (h *Host) ServeOn(ctx context.Context, inner net.Listener) error {
	defer h.stop(ErrStopped)
	l := watched(inner)
	ended := make(chan error, 1)
	go func() { ended <- h.app.Listener(l) }()
	h.cfg.Log.Info("listening", "addr", inner.Addr().String())
	select {
	case err := <-ended:
		return fmt.Errorf("listening on %s: %w", inner.Addr(), err)
	case <-ctx.Done():
	case <-h.aborted.Done():
	}
	err := h.drain()
	h.shutDown(l)
	return firstError(err, <-ended)
}

// drain waits for those who are inside.
func (h *Host) drain() error {
	h.gate.close()
	h.cfg.Log.Info("draining", "requests", h.gate.count())
	timeout := time.NewTimer(h.cfg.DrainTimeout)
	defer timeout.Stop()
	select {
	case <-h.gate.empty:
		return nil
	case <-timeout.C:
	case <-h.aborted.Done():
	}
	left := h.gate.count()
	h.stop(ErrStopped)
	select {
	case <-h.gate.empty: // they obey their context, and their answers get out
	case <-time.After(lastWords):
	}
	if left == 0 {
		return nil
	}
	return fmt.Errorf("ended with %d requests that were not done", left)
}

const (
	// lastWords is how long handlers have whose context has ended.
	lastWords = time.Second
	// flushTime is how long answers have to get onto the network.
	flushTime = 2 * time.Second
)

// shutDown ends the server and all connections. Handlers that obey nothing are
// not waited for.
func (h *Host) shutDown(l *listener) {
	wait := flushTime
	if h.gate.count() > 0 {
		wait = 0
	}
	// Not of the caller's context, which has ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.base), wait)
	defer cancel()
	if err := h.app.ShutdownWithContext(ctx); err != nil {
		h.cfg.Log.Warn("connections were cut", "error", err.Error())
	}
	l.endAll()
	// A server that had not begun to listen was not shut down by the above.
	_ = l.Close()
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
