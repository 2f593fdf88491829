//go:build linux

package main

import (
	"debug/buildinfo"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheBinaryIsStaticAndSmall: it is copied into images of every kind, many
// without a loader, and into every connector's pod.
func TestTheBinaryIsStaticAndSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bridge")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	mustBeStatic(t, path)
	mustNotLink(t, path, "k8s.io/", "knative.dev/", "github.com/gofiber/", "github.com/cloudevents/", "modernc.org/sqlite")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	const most = 16 << 20
	if t.Logf("%d bytes", info.Size()); info.Size() > most {
		t.Errorf("it has %d bytes, more than %d", info.Size(), most)
	}
	if out, err := exec.CommandContext(t.Context(), path, "version").Output(); err != nil || !strings.HasPrefix(string(out), "bridge ") {
		t.Errorf("bridge version: %q, %v", out, err)
	}
}

func mustBeStatic(t *testing.T, path string) {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("it has a segment %v: it needs a loader", p.Type)
		}
	}
}

func mustNotLink(t *testing.T, path string, modules ...string) {
	t.Helper()
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Deps) == 0 {
		t.Error("the binary does not tell what it links: the test protects nothing")
	}
	for _, dep := range info.Deps {
		for _, m := range modules {
			if strings.HasPrefix(dep.Path+"/", m) {
				t.Errorf("it links %s", dep.Path)
			}
		}
	}
}
