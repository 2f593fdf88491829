package knative

import (
	"net"
	"net/http"
	"testing"
	"time"
)

// serveOnNode serves on an address that pods reach until the test ends, and gives
// its URL.
func serveOnNode(t *testing.T, handler http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(nodeAddress(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }() // it ends with the test
	t.Cleanup(func() { _ = server.Close() })
	return "http://" + l.Addr().String()
}
