package cluster

import (
	"strings"
	"testing"
	"time"
)

func TestThePlannersSettings(t *testing.T) {
	env := map[string]string{
		"KNELT_STORE": "redis://r", "K_SINK": "http://broker", "KNELT_CONNECTIONS": "/c", "KNELT_TICK": "10s", "KNELT_CONNECTOR_NAMESPACE": "n",
	}
	get := func(name string) string { return env[name] }
	s, err := plannerFromEnv(get)
	if err != nil || s != (plannerSettings{"redis://r", "/c", "http://broker", "n", 10 * time.Second}) {
		t.Errorf("%+v, %v", s, err)
	}
	env = map[string]string{"KNELT_TICK": "often"}
	_, err = plannerFromEnv(get)
	for _, name := range []string{"KNELT_STORE", "K_SINK", "KNELT_TICK"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not told: %v", name, err)
		}
	}
}
