// Package knative makes the manifests of Knative Serving and Eventing fit for a
// small cluster. The manifests are those of the modules that the programs are
// built from.
package knative

import (
	"context"
	"path/filepath"

	"knelt.dev/test/cluster/internal/build"
	"knelt.dev/test/cluster/internal/manifest"
)

// sources are the folders with manifests. The folder of Serving refers to files
// of networking and caching by links, which modules cannot hold.
var sources = []struct {
	module  build.Module
	path    string
	folders []string
}{
	{build.Serving, "knative.dev/networking", []string{"config"}},
	{build.Serving, "knative.dev/caching", []string{"config"}},
	{build.Serving, "knative.dev/serving", []string{"config/core"}},
	{build.Eventing, "knative.dev/eventing", []string{
		"config/core", "config/channels/in-memory-channel", "config/brokers/mt-channel-broker",
	}},
}

// Read reads all manifests.
func Read(ctx context.Context) ([]manifest.Doc, error) {
	var docs []manifest.Doc
	for _, s := range sources {
		dir, err := s.module.ModuleDir(ctx, s.path)
		if err != nil {
			return nil, err
		}
		for _, f := range s.folders {
			more, err := manifest.Read(filepath.Join(dir, f))
			if err != nil {
				return nil, err
			}
			docs = append(docs, more...)
		}
	}
	return docs, nil
}
