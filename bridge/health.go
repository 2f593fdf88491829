//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// probeTimeout bounds each step of a probe; nothing else speaks to its port.
const probeTimeout = 5 * time.Second

// serveHealth answers Kubernetes' probes on address, unless that is empty:
// /healthz while the process lives, /readyz once it listens for relays, which it
// does before it listens here. at is where it listens, end ends it.
func serveHealth(address string) (at string, end func(), err error) {
	if address == "" {
		return "", func() {}, nil
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return "", nil, fmt.Errorf("listening for probes: %w", err)
	}
	mux := http.NewServeMux()
	for _, path := range []string{"/healthz", "/readyz"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "ok\n") // a probe that has gone asks again
		})
	}
	s := &http.Server{
		Handler: mux, ReadTimeout: probeTimeout, WriteTimeout: probeTimeout,
		IdleTimeout: probeTimeout, MaxHeaderBytes: 4 << 10,
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l) // it ends with Close
	}()
	return l.Addr().String(), func() { _ = s.Close(); <-done }, nil
}
