package cluster

import (
	"strings"
	"testing"
	"time"
)

func TestThePlannersSettings(t *testing.T) {
	env := map[string]string{
		"KNELT_STORE": "redis://r", "K_SINK": "http://broker", "KNELT_CONNECTIONS": "/c", "KNELT_TICK": "10s", "KNELT_CONNECTOR_NAMESPACE": "n",
		"KNELT_WEBHOOKS_ALLOW": "10.0.0.0/8, 192.168.1.7",
	}
	get := func(name string) string { return env[name] }
	s, err := plannerFromEnv(get)
	if err != nil || s.Store != "redis://r" || s.Connections != "/c" || s.Sink != "http://broker" || s.Namespace != "n" || s.Tick != 10*time.Second ||
		len(s.Namespaces) != 1 || len(s.WebhooksAllow) != 2 || s.WebhooksAllow[1].Bits() != 32 {
		t.Errorf("%+v, %v", s, err)
	}
	env = map[string]string{"KNELT_TICK": "often", "KNELT_WEBHOOKS_ALLOW": "everybody"}
	_, err = plannerFromEnv(get)
	for _, name := range []string{"KNELT_STORE", "K_SINK", "KNELT_TICK", "KNELT_WEBHOOKS_ALLOW"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not told: %v", name, err)
		}
	}
}
