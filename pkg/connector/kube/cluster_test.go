//go:build linux

package kube_test

import (
	"io"
	"log"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	server "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/connectortest"
	"knelt.dev/pkg/connector/kube"
	"knelt.dev/pkg/connector/kube/resources"
)

// shelf is a registry whose images run this test binary, or nothing.
type shelf struct{ host string }

func newShelf(t testing.TB) shelf {
	t.Helper()
	h := httptest.NewServer(server.New(server.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(h.Close)
	s := shelf{strings.TrimPrefix(h.URL, "http://")}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s.push(t, "probe:1", v1.Config{Entrypoint: []string{self}, User: "airbyte"})
	s.push(t, "broken:1", v1.Config{Entrypoint: []string{"/no/such/program"}})
	s.push(t, "bare:1", v1.Config{Cmd: []string{"python", "main.py"}})
	return s
}

func (s shelf) push(t testing.TB, tag string, c v1.Config) {
	t.Helper()
	image, err := mutate.Config(empty.Image, c)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(s.host + "/" + tag)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
}

func (s shelf) image(tag string) connector.Connector {
	return connector.Connector{Image: s.host + "/" + tag}
}

// probe is connectortest's in a mode.
func (s shelf) probe(mode string) connector.Connector {
	c := s.image("probe:1")
	c.Env = map[string]string{connectortest.ModeVariable: mode}
	return c
}

func config(k *kubelet) kube.Config {
	c := kube.Config{
		Client: k.client, Settings: resources.DefaultSettings(), StartTimeout: time.Minute,
		Log: slog.New(slog.NewTextHandler(k.t.Output(), nil)),
	}
	c.Settings.Namespace, c.Settings.Bridge = namespace, "registry.example/bridge:1"
	c.Settings.Store = resources.SecretKey{Name: "knelt-bridge-store", Key: "address"}
	return c
}

func newCluster(t testing.TB, k *kubelet, change ...func(*kube.Config)) *kube.Cluster {
	t.Helper()
	cfg := config(k)
	for _, one := range change {
		one(&cfg)
	}
	c, err := kube.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSuite(t *testing.T) {
	s := newShelf(t)
	connectortest.Run(t, connectortest.Harness{
		Probe: s.image("probe:1"), Missing: s.image("broken:1"),
		New: func(t *testing.T) connector.Runtime {
			k := newKubelet(t)
			t.Cleanup(k.mustBeEmpty)
			return newCluster(t, k)
		},
	})
}
