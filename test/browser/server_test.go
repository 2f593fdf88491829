package browser

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"knelt.dev/pkg/dashboard"
	"knelt.dev/pkg/host"
	"knelt.dev/test/browser/fakeapi"
)

// server serves the dashboard and a world by the host that functions have.
type server struct {
	t     *testing.T
	world *fakeapi.World
	addr  string
	stop  func()
}

func serve(t *testing.T, world *fakeapi.World) *server {
	s := &server{t: t, world: world, addr: "127.0.0.1:0"}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

// start listens, on the same address as before if it did.
func (s *server) start() {
	s.t.Helper()
	h, err := host.New(config(), host.Under(prefix, s.world.Function()), host.Under(prefix, host.Function{Name: "dashboard", Routes: dashboard.Routes()}))
	if err != nil {
		s.t.Fatal(err)
	}
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.ServeOn(ctx, l) }()
	s.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("the server ended: %v", err)
		}
		s.stop = func() {}
	}
}

// prefix is there to show that the page works below any.
const prefix = "/some/where"

func (s *server) url() string { return "http://" + s.addr + prefix + "/" }

func config() host.Config {
	cfg := host.Default()
	cfg.Log = slog.New(slog.DiscardHandler)
	cfg.DrainTimeout = 5 * time.Second
	return cfg
}
