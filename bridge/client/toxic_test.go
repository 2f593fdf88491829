//go:build linux

package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// toxic puts a proxy with toxics, as JSON, before an address.
func toxic(t *testing.T, to string, toxics ...string) string {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "bridge", "127.0.0.1:0", to)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	for _, text := range toxics {
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return proxy.Listen
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
