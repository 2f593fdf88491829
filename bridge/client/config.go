package client

import (
	"context"
	"log/slog"
	"net"
	"time"

	"knelt.dev/bridge/secure"
	"knelt.dev/pkg/connector"
)

// The defaults of Config. What moves through the window should stay in a
// processor's cache, and a gigabyte a second still flows where the bridge is a
// millisecond away.
const (
	DefaultGiveUp       = time.Minute
	DefaultStdoutWindow = 1 << 20
	DefaultStderrWindow = 1 << 20
)

// Config says which bridge to attach to, as which relay. Addr, Seed,
// Connection, Sync and Epoch are needed.
type Config struct {
	// Addr is the bridge's address, "10.0.0.7:7070" or "[fd00::7]:7070".
	Addr string
	// Seed is the pod's seed, by which both ends prove themselves.
	Seed secure.PodSeed
	// Connection, Sync and Epoch are those of the lease that the relay holds.
	Connection  string
	Sync, Epoch int64
	// Env goes with Start to the connector, over what its container has. It is
	// sent so that it need not stand where pods are described.
	Env map[string]string
	// GiveUp is how long the bridge may fail to answer before its pod is taken
	// for lost. 0 means DefaultGiveUp.
	GiveUp time.Duration
	// Appear is how long it may fail to before it has answered for the first time,
	// such as while its image is pulled. 0 means GiveUp.
	Appear time.Duration
	// Autopsy is asked how the connector ended when the bridge cannot tell, since
	// the whole container was killed. The pod is lost if that is nil, or fails. ctx
	// ends with the run.
	Autopsy func(ctx context.Context) (connector.Exit, error)
	// StdoutWindow and StderrWindow are how many bytes of each output may wait
	// here for their reader. A slow reader of one does not stop the other: the
	// connector waits for that of stdout; what stderr's is too slow for is
	// dropped. 0 means the defaults.
	StdoutWindow, StderrWindow int
	// Resumable leaves it to the relay to call ReleaseStdout and Done, so that
	// a successor can go on. Otherwise what was read is released, and Wait
	// settles the run.
	Resumable bool
	// Log is told of cuts and of bytes of stderr that are missing. nil: slog's
	// default.
	Log *slog.Logger
	// Dial connects to Addr; ctx has a deadline. nil: TCP.
	Dial func(ctx context.Context, addr string) (net.Conn, error)
}

func (c Config) withDefaults() Config {
	if c.GiveUp <= 0 {
		c.GiveUp = DefaultGiveUp
	}
	if c.Appear <= 0 {
		c.Appear = c.GiveUp
	}
	if c.StdoutWindow <= 0 {
		c.StdoutWindow = DefaultStdoutWindow
	}
	if c.StderrWindow <= 0 {
		c.StderrWindow = DefaultStderrWindow
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Dial == nil {
		c.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		}
	}
	return c
}
