package cluster

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"knelt.dev/test/cluster/internal/build"
	"knelt.dev/test/cluster/internal/image"
	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/netns"
	"knelt.dev/test/cluster/internal/plan"
)

// compile builds all programs that are missing, the cluster's own last.
func compile(ctx context.Context, o Options) (p plan.Programs, err error) {
	for _, m := range []struct {
		module build.Module
		folder *string
	}{{build.Kubernetes, &p.Kubernetes}, {build.Containerd, &p.Containerd}, {build.Runc, &p.Runc}} {
		if *m.folder, err = m.module.Build(ctx); err != nil {
			return p, err
		}
	}
	others := []build.Module{build.CoreDNS}
	if !o.Bare {
		others = append(others, build.Serving, build.Eventing)
	}
	for _, m := range others {
		if _, err := m.Build(ctx); err != nil {
			return p, err
		}
	}
	return p, nil
}

// prepare writes what the API server and its clients share. What is there stays:
// tokens of a running cluster are in use.
func prepare() error {
	if _, err := os.Stat(layout.Kubeconfig); err == nil {
		return nil
	}
	key, err := serviceAccountKey()
	if err != nil {
		return err
	}
	token := rand.Text()
	for _, f := range []struct{ path, content string }{
		{plan.ServiceAccountKey(), key},
		{plan.Tokens(), token + ",admin,admin,system:masters\n"},
		{layout.Kubeconfig, plan.Kubeconfig(token)}, // last: it says that all are there
	} {
		if err := write(f.path, f.content); err != nil {
			return err
		}
	}
	return nil
}

func serviceAccountKey() (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", fmt.Errorf("making a key: %w", err)
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return string(pem.EncodeToMemory(block)), nil
}

func write(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // the node's files are read by programs in pods
		return fmt.Errorf("making a folder: %w", err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return fmt.Errorf("writing a file of the cluster: %w", err)
	}
	return nil
}

// installTools puts this tool, and the small programs that belong to it, where
// they stay for as long as the cluster.
func installTools(p plan.Programs) (plan.Programs, error) {
	self, err := os.Executable()
	if err != nil {
		return p, fmt.Errorf("finding this tool: %w", err)
	}
	p.Tool, p.Ingress = filepath.Join(layout.Bin(), "cluster"), filepath.Join(layout.Bin(), "ingress")
	source, err := build.Source()
	if err != nil {
		return p, err
	}
	if err := os.MkdirAll(layout.Bin(), 0o755); err != nil { //nolint:gosec // others may run what is there
		return p, fmt.Errorf("making a folder: %w", err)
	}
	if _, err := os.Stat(p.Ingress); err == nil {
		return p, nil // in use
	}
	if err := copyFile(self, p.Tool); err != nil {
		return p, err
	}
	script := "#!/bin/sh\nexec " + p.Kubernetes + "/kubernetes kubectl \"$@\"\n"
	if err := os.WriteFile(filepath.Join(layout.Bin(), "kubectl"), []byte(script), 0o755); err != nil { //nolint:gosec // a program
		return p, fmt.Errorf("writing kubectl: %w", err)
	}
	for _, name := range []string{"pause", "ingress"} {
		err := build.Go(context.Background(), source, []string{"CGO_ENABLED=0"},
			"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", filepath.Join(layout.Bin(), name), "./cmd/"+name)
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o755) //nolint:gosec // a program
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("copying %s: %w", from, err)
	}
	return nil
}

// pushPause pushes the image of each pod's first container, and returns its name.
func pushPause(ctx context.Context, p plan.Programs) (string, error) {
	img, err := image.Program(filepath.Join(filepath.Dir(p.Tool), "pause"), "pause").Build()
	if err != nil {
		return "", err
	}
	to := layout.Registry + "/pause:1"
	_, err = image.Push(ctx, img, to, netns.Transport(layout.NamespacePath(layout.Control)))
	return to, err
}
