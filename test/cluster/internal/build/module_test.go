package build

import (
	"os"
	"path/filepath"
	"testing"
)

func TestKeyDependsOnSourcesVersionsAndFlags(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "go.sum")
	write := func(content string) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := func(m Module) string {
		k, err := m.key(dir)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	write("one")
	first := key(Module{Name: "m"})
	if first != key(Module{Name: "m"}) {
		t.Error("the same module has two keys")
	}
	seen := map[string]string{first: "the first"}
	others := map[string]Module{"tags": {Tags: "x"}, "flags": {LDFlags: "x"}, "packages": {Packages: []string{"x"}}, "cgo": {Cgo: true}}
	for name, m := range others {
		if before, found := seen[key(m)]; found {
			t.Errorf("%s has the key of %s", name, before)
		}
		seen[key(m)] = name
	}
	write("two")
	if before, found := seen[key(Module{Name: "m"})]; found {
		t.Errorf("another go.sum has the key of %s", before)
	}
}

func TestModulesAreThere(t *testing.T) {
	for _, m := range []Module{Kubernetes, Containerd, Runc, CoreDNS, Serving, Eventing} {
		if _, err := m.Out(); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
}
