package cluster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDeploymentsAreReadyWhenAllTheirNumbersAgree(t *testing.T) {
	got := unready("good 2=2 1=1 1=1 1=1\nnone 1=1 0= 0= 0=\nnew 2=1 1=1 1=1 1=1\nstarting 1=1 1=1 1= 1=1\nold 1=1 1=1 1=1 1=2\n")
	if diff := cmp.Diff([]string{"new", "starting", "old"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestANodeIsReadyOnlyByWhatItSaidAfterItsBoot(t *testing.T) {
	booted := time.Date(2026, 1, 1, 12, 0, 0, 500_000_000, time.UTC)
	for condition, want := range map[string]bool{
		"True 2026-01-01T12:00:01Z":    true,
		"True 2026-01-01T12:00:00Z":    false,
		"Unknown 2026-01-01T12:00:01Z": false,
		"":                             false,
	} {
		if err := judgeNode(condition, booted); (err == nil) != want {
			t.Errorf("%q: %v", condition, err)
		}
	}
	if err := judgeNode("True 2020-01-01T12:00:01Z", time.Time{}); err != nil {
		t.Errorf("a node that runs already: %v", err)
	}
}
