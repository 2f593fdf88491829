package cluster

import (
	"slices"
	"testing"
)

func TestConnectionsComeFromTheClusterUnlessAFolderIsNamed(t *testing.T) {
	for value, want := range map[string]string{"": "", "kubernetes": "", "/etc/knelt/connections": "/etc/knelt/connections"} {
		s, err := FromEnv(func(name string) string {
			return map[string]string{"KNELT_STORE": "redis://x", "KNELT_CONNECTIONS": value, "KNELT_NAMESPACES": " a, b,"}[name]
		})
		if err != nil || s.Connections != want || !slices.Equal(s.Namespaces, []string{"a", "b"}) {
			t.Errorf("%q: %+v, %v", value, s, err)
		}
	}
}
