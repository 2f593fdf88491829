package cluster

import (
	"context"
	"fmt"
	"time"

	"knelt.dev/test/cluster/internal/build"
	"knelt.dev/test/cluster/internal/knative"
	"knelt.dev/test/cluster/internal/ko"
	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/manifest"
	"knelt.dev/test/cluster/internal/progress"
	"knelt.dev/test/cluster/manifests"
)

const serving, eventing = "knative-serving", "knative-eventing"

// installKnative installs Serving and Eventing, and returns when they are ready.
func installKnative(ctx context.Context) error {
	docs, err := knativeDocs(ctx)
	if err != nil {
		return err
	}
	err = progress.During("pushing Knative's images", func() error { return systemImages().Resolve(ctx, docs) })
	if err != nil {
		return err
	}
	progress.Say("installing Knative")
	first, second := knative.Phases(docs)
	if err := apply(ctx, first); err != nil {
		return err
	}
	if _, err := get(ctx, "wait", "--for=condition=Established", "--timeout=60s", "customresourcedefinitions", "--all"); err != nil {
		return err
	}
	if err := applyPatiently(ctx, second); err != nil {
		return err
	}
	return await(ctx, "Knative", deploymentsReady(serving, eventing))
}

// applyPatiently tries again where a webhook of an earlier installation is asked
// whose program does not run yet.
func applyPatiently(ctx context.Context, docs []manifest.Doc) error {
	var err error
	for range 20 {
		if err = apply(ctx, docs); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
	return err
}

func knativeDocs(ctx context.Context) ([]manifest.Doc, error) {
	docs, err := knative.Read(ctx)
	if err != nil {
		return nil, err
	}
	overrides, err := manifest.Parse([]byte(manifests.Knative))
	if err != nil {
		return nil, fmt.Errorf("Knative's values: %w", err)
	}
	ingress, err := manifest.Parse([]byte(manifests.Ingress))
	if err != nil {
		return nil, fmt.Errorf("the ingress' manifests: %w", err)
	}
	built := ko.Built{build.Serving, build.Eventing}
	docs, err = knative.Tune(docs, overrides, layout.Nodes()[0].Name, built.Has)
	return append(docs, ingress...), err
}

// knativeKey differs when another Knative would be installed.
func knativeKey() (string, error) {
	key := manifests.Knative + manifests.Ingress
	for _, m := range []build.Module{build.Serving, build.Eventing} {
		out, err := m.Out()
		if err != nil {
			return "", err
		}
		key += out
	}
	return key, nil
}
