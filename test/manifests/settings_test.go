package manifests

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	serving "knative.dev/serving/pkg/apis/serving/v1"
)

// TestOptionalSettingsReachAllWhoNeedThem: what syncs write to a bucket the API
// reads from there, and everybody can be measured.
func TestOptionalSettingsReachAllWhoNeedThem(t *testing.T) {
	want := map[string][]string{
		"knelt-sync": {"knelt-logs", "knelt-telemetry"}, "knelt-scheduler": {"knelt-logs", "knelt-telemetry", "knelt-scheduler"},
		"knelt-check": {"knelt-telemetry"}, "knelt-discover": {"knelt-telemetry"}, "knelt-deadletter": {"knelt-telemetry"},
	}
	found := of[*serving.Service](installation(t))
	if len(found) != len(want) {
		t.Errorf("%d Services, want %d", len(found), len(want))
	}
	for _, s := range found {
		var got []string
		for _, from := range s.Spec.Template.Spec.Containers[0].EnvFrom {
			got = append(got, optional(t, s.Name, from))
		}
		if !slices.Equal(got, want[s.Name]) {
			t.Errorf("%s has settings of %v, want %v", s.Name, got, want[s.Name])
		}
	}
}

// optional gives the name of a source of settings, which need not be there.
func optional(t *testing.T, service string, from corev1.EnvFromSource) string {
	t.Helper()
	name, may := "", (*bool)(nil)
	switch {
	case from.SecretRef != nil:
		name, may = from.SecretRef.Name, from.SecretRef.Optional
	case from.ConfigMapRef != nil:
		name, may = from.ConfigMapRef.Name, from.ConfigMapRef.Optional
	}
	if may == nil || !*may {
		t.Errorf("%s does not start without %s", service, name)
	}
	return name
}
