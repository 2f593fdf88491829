package cluster

import (
	"context"
	"fmt"

	"knelt.dev/test/cluster/internal/build"
	"knelt.dev/test/cluster/internal/ko"
	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/manifest"
	"knelt.dev/test/cluster/internal/netns"
	"knelt.dev/test/cluster/internal/progress"
	"knelt.dev/test/cluster/manifests"
)

func baseKey() string { return manifests.DNS }

// installBase installs what each Kubernetes has beside its own programs.
func installBase(ctx context.Context) error {
	progress.Say("installing DNS")
	docs, err := manifest.Parse([]byte(manifests.DNS))
	if err != nil {
		return err
	}
	if err := systemImages().Resolve(ctx, docs); err != nil {
		return err
	}
	if err := apply(ctx, docs); err != nil {
		return err
	}
	return await(ctx, "DNS", deploymentsReady("kube-system"))
}

// systemImages makes images of the cluster's own programs.
func systemImages() ko.Resolver {
	return ko.Resolver{
		Programs:  systemPrograms{},
		Transport: netns.Transport(layout.NamespacePath(layout.Control)),
	}
}

type systemPrograms struct{}

// Binary is the place of a built program. CoreDNS' import path is in no manifest
// of others, so it has a name.
func (systemPrograms) Binary(ctx context.Context, importPath string) (string, error) {
	if importPath == "coredns" {
		dir, err := build.CoreDNS.Build(ctx)
		return dir + "/coredns", err
	}
	file, err := ko.Built{build.Serving, build.Eventing}.Binary(ctx, importPath)
	if err != nil {
		return "", fmt.Errorf("of the cluster's programs: %w", err)
	}
	return file, nil
}
