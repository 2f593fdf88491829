package kube

import (
	"errors"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes/fake"

	"knelt.dev/pkg/connector/kube/resources"
)

func TestImagesAreMountedSinceTheyAreOnByDefault(t *testing.T) {
	for version, want := range map[[2]string]bool{
		{"1", "34"}: false, {"1", "34+"}: false, {"1", "35"}: true, {"1", "35+"}: true, {"1", "36"}: true, {"2", "0"}: true, {"1", ""}: false, {"1", "x"}: false,
	} {
		if got := mountsImages(version[0], version[1]); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}

func TestTheEnvironmentIsRead(t *testing.T) {
	own := func(path string) ([]byte, error) { return []byte("here\n"), nil }
	c, err := fromEnvironment([]string{
		"KNELT_BRIDGE_IMAGE=bridge:1", "KNELT_BRIDGE_STORE_SECRET=s/k", "KNELT_CONNECTOR_PULL_SECRETS=a, b", "KNELT_LEASE_TTL=20s",
		"KNELT_BRIDGE_DELIVERY=copy", "KNELT_INSECURE_REGISTRIES=r:5000", "KNELT_BRIDGE_PATH=", "KNELT_CONNECTOR_SERVICE_ACCOUNT=nobody",
	}, fake.NewClientset(), own)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Settings
	if s.Namespace != "here" || s.Bridge != "bridge:1" || s.Store != (resources.SecretKey{Name: "s", Key: "k"}) || strings.Join(s.PullSecrets, " ") != "a b" ||
		s.LeaseTTL.String() != "20s" || c.Delivery != ByCopy || c.Registry.Insecure[0] != "r:5000" || s.BridgePath != "/ko-app/bridge" || s.ServiceAccount != "nobody" {
		t.Errorf("got %+v", c)
	}
	for want, environ := range map[string][]string{
		"KNELT_BRIDGE_IMAGE":        {"KNELT_CONNECTOR_NAMESPACE=n"},
		"KNELT_BRIDGE_STORE_SECRET": {"KNELT_BRIDGE_IMAGE=b", "KNELT_BRIDGE_STORE_SECRET=s"},
		"KNELT_LEASE_TTL":           {"KNELT_BRIDGE_IMAGE=b", "KNELT_LEASE_TTL=soon"},
		"delivery":                  {"KNELT_BRIDGE_IMAGE=b", "KNELT_BRIDGE_DELIVERY=mail"},
	} {
		if _, err := fromEnvironment(environ, fake.NewClientset(), own); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	away := func(string) ([]byte, error) { return nil, errors.New("no such file") }
	if _, err := fromEnvironment([]string{"KNELT_BRIDGE_IMAGE=b"}, fake.NewClientset(), away); err == nil || !strings.Contains(err.Error(), "KNELT_CONNECTOR_NAMESPACE") {
		t.Errorf("got %v", err)
	}
}
