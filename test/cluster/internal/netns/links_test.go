package netns

import (
	"strings"
	"testing"

	"knelt.dev/test/cluster/internal/layout"
)

// Whatever is made must be in a namespace of the cluster: outside of them is the
// network of this computer.
func TestNothingIsChangedOutsideOfTheNamespaces(t *testing.T) {
	for _, line := range commands(layout.Nodes()) {
		inside := strings.HasPrefix(line, "ip -n "+layout.Prefix) || strings.HasPrefix(line, "ip netns add "+layout.Prefix)
		if !inside {
			t.Errorf("this is done outside: %s", line)
		}
	}
}

func TestTheOnlyDefaultRouteOfTheControlMachineLeadsNowhere(t *testing.T) {
	found := false
	for _, line := range commands(layout.Nodes()) {
		if strings.HasPrefix(line, "ip -n "+layout.Namespace(layout.Control)) && strings.Contains(line, "default") {
			found = strings.HasSuffix(line, "unreachable default")
		}
	}
	if !found {
		t.Error("packets for the outside are not refused")
	}
}
