// Package build compiles the programs of a cluster, each from a module of its
// own, since what they require of others cannot be had in one.
package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"knelt.dev/test/cluster/internal/layout"
)

// Module is a folder with a go.mod, and what is built there.
type Module struct {
	// Name is the folder's, below modules.
	Name string
	// Packages are import paths. The last word of each is the program's name.
	Packages []string
	Tags     string
	LDFlags  string
	// Cgo is for a program that is linked to a library of Debian's.
	Cgo bool
}

const kubernetesVersion = "v1.36.3"

// The modules. Their versions are in their go.mod.
var (
	// Kubernetes is told its version, as its own build does: Knative asks for it.
	Kubernetes = Module{
		Name: "kubernetes", Packages: []string{"."},
		LDFlags: "-X k8s.io/component-base/version.gitVersion=" + kubernetesVersion +
			" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36",
	}
	Containerd = Module{
		Name: "containerd", Tags: "no_btrfs no_devmapper no_zfs", // what would need C libraries
		Packages: in("github.com/containerd/containerd/v2/cmd/", "containerd", "containerd-shim-runc-v2", "ctr"),
	}
	Runc    = Module{Name: "runc", Packages: []string{"github.com/opencontainers/runc"}, Tags: "seccomp", Cgo: true}
	CoreDNS = Module{Name: "coredns", Packages: []string{"."}}
	Serving = Module{
		Name:     "serving",
		Packages: in("knative.dev/serving/cmd/", "activator", "autoscaler", "controller", "queue", "webhook"),
	}
	Eventing = Module{
		Name: "eventing",
		Packages: in("knative.dev/eventing/cmd/", "broker/filter", "broker/ingress", "controller", "in_memory/channel_controller",
			"in_memory/channel_dispatcher", "jobsink", "mtchannel_broker", "mtping", "webhook"),
	}
)

func in(prefix string, names ...string) []string {
	for i, n := range names {
		names[i] = prefix + n
	}
	return names
}

// Program is the file name of a package's program.
func (m Module) Program(pkg string) string {
	if pkg == "." {
		return m.Name
	}
	return filepath.Base(pkg)
}

// Source is the folder of this tool's own module.
func Source() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Join(filepath.Dir(file), "..", "..")
	if _, err := os.Stat(filepath.Join(dir, "modules")); err != nil {
		return "", fmt.Errorf("the folder that this tool was built in is not there (build it in place, without -trimpath): %w", err)
	}
	return dir, nil
}

// Dir is the module's folder.
func (m Module) Dir() (string, error) {
	source, err := Source()
	return filepath.Join(source, "modules", m.Name), err
}

func (m Module) args() []string {
	return []string{"build", "-trimpath", "-buildvcs=false", "-tags", m.Tags, "-ldflags", strings.TrimSpace("-s -w " + m.LDFlags)}
}

func (m Module) env() []string {
	if m.Cgo {
		return []string{"CGO_ENABLED=1"}
	}
	return []string{"CGO_ENABLED=0"}
}

// Out is the folder of the built programs. Its name holds a hash of all that
// they depend on, and it appears only when it is whole.
func (m Module) Out() (string, error) {
	dir, err := m.Dir()
	if err != nil {
		return "", err
	}
	cache, err := layout.Cache()
	if err != nil {
		return "", err
	}
	key, err := m.key(dir)
	return filepath.Join(cache, "programs", m.Name+"-"+key), err
}

// key is the hash: go.sum pins every module, the Go release the compiler.
func (m Module) key(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("%s has no module: %w", dir, err)
	}
	hash := sha256.New()
	for _, word := range append(append(append(m.args(), m.env()...), m.Packages...), runtime.Version(), runtime.GOARCH) {
		fmt.Fprintf(hash, "%q\n", word)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return "", fmt.Errorf("reading a module: %w", err)
		}
		fmt.Fprintf(hash, "%s %d\n%s", filepath.Base(f), len(data), data)
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}
