//go:build linux

package client_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// toxic puts a proxy with toxics, as JSON, before an address.
func toxic(t *testing.T, to string, toxics ...string) string {
	t.Helper()
	return newToxic(t, to, toxics...).Listen
}

func newToxic(t *testing.T, to string, toxics ...string) *toxiproxy.Proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "bridge", "127.0.0.1:0", to)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	poison(t, proxy, toxics...)
	return proxy
}

// poison adds toxics, also to connections that are open.
func poison(t *testing.T, proxy *toxiproxy.Proxy, toxics ...string) {
	t.Helper()
	for _, text := range toxics {
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// TestAHalfOpenConnectionLosesNothing: in the middle of a run nothing comes
// through any more, in neither direction, and no end is told either.
func TestAHalfOpenConnectionLosesNothing(t *testing.T) {
	t.Parallel()
	pod := newRealPod(t, probe(t, "echo"))
	proxy := newToxic(t, pod.addr)
	cfg, dials := config(proxy.Listen, 1), 0
	cfg.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
		if dials++; dials > 1 {
			addr = pod.addr // another way through the network
		}
		return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}
	run, text := started(t, cfg), noise(3_000_000, 5)
	stderr, stdout := readAll(t, run.Stderr()), readAll(t, run.Stdout())
	for i, piece := range [][]byte{text[:1_000_000], text[1_000_000:]} {
		if i == 1 {
			poison(t, proxy, `{"name":"up","type":"timeout","stream":"upstream","attributes":{"timeout":0}}`,
				`{"name":"down","type":"timeout","stream":"downstream","attributes":{"timeout":0}}`)
		}
		if _, err := run.Stdin().Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	got := <-stdout
	<-stderr
	if exit, err := run.Wait(); err != nil || exit.Code != 0 {
		t.Errorf("got %+v, %v", exit, err)
	}
	if !bytes.Equal(got, text) {
		t.Errorf("%d bytes came back that are not what was written", len(got))
	}
	if dials < 2 {
		t.Error("the connection was never given up: the test protects nothing")
	}
}

// TestBadNetworksLoseNothing: a whole run through each.
func TestBadNetworksLoseNothing(t *testing.T) {
	both := func(kind, attributes string) []string {
		var list []string
		for _, way := range []string{"upstream", "downstream"} {
			list = append(list, fmt.Sprintf(`{"name":"%s-%s","type":%q,"stream":%q,"attributes":{%s}}`, kind, way, kind, way, attributes))
		}
		return list
	}
	for name, toxics := range map[string][]string{
		"latency":    both("latency", `"latency":40,"jitter":20`),
		"bandwidth":  both("bandwidth", `"rate":800`),
		"pieces":     both("slicer", `"average_size":700,"size_variation":300,"delay":10`),
		"slow close": both("slow_close", `"delay":300`),
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			s.addr = toxic(t, s.addr, toxics...)
			s.run(t)
		})
	}
}
