package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/wire"
)

// Time in these tests is synctest's: an hour takes no time.

// piped makes every dial a pipe to the bridge.
func (b *fakeBridge) piped(cfg client.Config) client.Config {
	cfg.Dial = func(context.Context, string) (net.Conn, error) {
		near, far := net.Pipe()
		b.conns.Go(func() { b.handle(far) })
		return near, nil
	}
	return cfg
}

func TestAnIdleConnectionStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := runningBridge(t)
		run := attach(t, b.piped(config("pod:1", 1)))
		time.Sleep(time.Hour)
		b.mu.Lock()
		if b.attachs != 1 {
			t.Errorf("%d connections in an idle hour", b.attachs)
		}
		b.mu.Unlock()
		leave(t, run)
		b.conns.Wait()
	})
}

// deafening lets nothing through to the reader once it is silent.
type deafening struct {
	net.Conn
	silent *atomic.Bool
	closed chan struct{}
}

func (d deafening) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	if d.silent.Load() && err == nil {
		<-d.closed
		return 0, net.ErrClosed
	}
	return n, err
}

func (d deafening) Close() error {
	select {
	case <-d.closed:
	default:
		close(d.closed)
	}
	return d.Conn.Close()
}

func TestASilentConnectionIsDeadAfterFifteenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := runningBridge(t)
		b.echo = true
		var silent atomic.Bool
		cfg := b.piped(config("pod:1", 1))
		dial, dials := cfg.Dial, 0
		cfg.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
			conn, err := dial(ctx, addr)
			if dials++; dials == 1 {
				conn = deafening{conn, &silent, make(chan struct{})}
			}
			return conn, err
		}
		run := attach(t, cfg)
		silent.Store(true)
		began := time.Now()
		if _, err := run.Stdin().Write([]byte("lost or not")); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 11)
		if _, err := io.ReadFull(run.Stdout(), got); err != nil || string(got) != "lost or not" {
			t.Errorf("got %q, %v", got, err)
		}
		if took := time.Since(began); took < 10*time.Second || took > 20*time.Second {
			t.Errorf("it took %s", took)
		}
		leave(t, run)
		b.conns.Wait()
	})
}

func TestAPodThatDoesNotAnswerIsLostAfterTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := runningBridge(t)
		b.produce(wire.Stdout, []byte("the last that came"))
		cfg := b.piped(config("pod:1", 1))
		cfg.GiveUp = time.Minute
		dial, dials := cfg.Dial, 0
		cfg.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
			if dials++; dials > 1 {
				return nil, errDead
			}
			return dial(ctx, addr)
		}
		run := attach(t, cfg)
		if _, err := run.Stdout().Read(make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		began := time.Now()
		b.change(func() { b.current.raw.Close() }) //nolint:errcheck // a connection that is cut on purpose
		rest, err := io.ReadAll(run.Stdout())
		if !bytes.Equal(rest, []byte("last that came")) {
			t.Errorf("what had come was lost: %q", rest)
		}
		var lost *client.LostError
		if !errors.As(err, &lost) || lost.Addr != "pod:1" || !errors.Is(err, client.ErrPodLost) || !errors.Is(err, errDead) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took < time.Minute || took > time.Minute+3*time.Second {
			t.Errorf("it took %s", took)
		}
		if dials < 30 || dials > 45 {
			t.Errorf("%d dials in a minute", dials)
		}
		if _, err := run.Wait(); !errors.Is(err, client.ErrPodLost) {
			t.Errorf("waiting: %v", err)
		}
		b.conns.Wait()
	})
}

func TestABridgeThatCutsEachConnectionAtOnceIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := runningBridge(t)
		cfg := b.piped(config("pod:1", 1))
		cfg.GiveUp = time.Minute
		run := attach(t, cfg)
		b.change(func() {
			b.cut = func(bool, wire.Frame) bool { return true }
			b.current.raw.Close() //nolint:errcheck // a connection that is cut on purpose
		})
		_, err := run.Stdout().Read(make([]byte, 1))
		if !errors.Is(err, client.ErrPodLost) {
			t.Errorf("got %v", err)
		}
		if b.attachs > 100 {
			t.Errorf("%d connections", b.attachs)
		}
		b.conns.Wait()
	})
}

func TestAttachWaitsForABridgeThatComesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := runningBridge(t)
		cfg := b.piped(config("pod:1", 1))
		cfg.GiveUp = time.Minute
		dial, began := cfg.Dial, time.Now()
		cfg.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
			if time.Since(began) < 20*time.Second {
				return nil, errDead
			}
			return dial(ctx, addr)
		}
		leave(t, attach(t, cfg))
		b.conns.Wait()
	})
}

func TestAttachEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config("pod:1", 1)
		cfg.Dial = func(context.Context, string) (net.Conn, error) { return nil, errDead }
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if _, err := client.Attach(ctx, cfg); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errDead) {
			t.Errorf("got %v", err)
		}
	})
}

// TestABridgeThatTakesNoHandshakeIsLost: it accepts and says nothing.
func TestABridgeThatTakesNoHandshakeIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config("pod:1", 1)
		cfg.GiveUp = time.Minute
		cfg.Dial = func(context.Context, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, far) }()
			return near, nil
		}
		began := time.Now()
		_, err := client.Attach(context.Background(), cfg)
		if took := time.Since(began); !errors.Is(err, client.ErrPodLost) || took > 75*time.Second {
			t.Errorf("got %v after %s", err, took)
		}
	})
}
