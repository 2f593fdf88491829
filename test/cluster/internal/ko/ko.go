// Package ko resolves ko:// references in manifests, as the tool ko does: each
// names a Go program, which is built and pushed as an image.
package ko

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"knelt.dev/test/cluster/internal/build"
	"knelt.dev/test/cluster/internal/image"
	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/manifest"
	"knelt.dev/test/cluster/internal/progress"
)

// Scheme begins a reference to a program.
const Scheme = "ko://"

// Finder finds or builds the static binary of an import path.
type Finder interface {
	Binary(ctx context.Context, importPath string) (file string, err error)
}

// Resolver puts images in the place of references.
type Resolver struct {
	Programs  Finder
	Transport http.RoundTripper
}

// Resolve changes the documents.
func (r Resolver) Resolve(ctx context.Context, docs []manifest.Doc) error {
	known := map[string]string{}
	return manifest.Strings(docs, Scheme, func(ref string) (string, error) {
		if known[ref] == "" {
			pushed, err := r.Push(ctx, strings.TrimPrefix(ref, Scheme))
			if err != nil {
				return "", err
			}
			known[ref] = pushed
		}
		return known[ref], nil
	})
}

// Push pushes the image of a program, and returns its reference by digest.
func (r Resolver) Push(ctx context.Context, importPath string) (string, error) {
	file, err := r.Programs.Binary(ctx, importPath)
	if err != nil {
		return "", fmt.Errorf("building %s: %w", importPath, err)
	}
	img, err := image.Program(file, path.Base(importPath)).Build()
	if err != nil {
		return "", fmt.Errorf("making the image of %s: %w", importPath, err)
	}
	return image.Push(ctx, img, layout.Registry+"/"+strings.ToLower(importPath), r.Transport)
}

// Module builds programs of the module that Dir is in.
type Module struct {
	Dir string
	// Temp is a folder for the binaries.
	Temp string
}

// Binary builds a program.
func (m Module) Binary(ctx context.Context, importPath string) (string, error) {
	dir, err := os.MkdirTemp(m.Temp, "program-")
	if err != nil {
		return "", fmt.Errorf("making a folder: %w", err)
	}
	file := filepath.Join(dir, path.Base(importPath))
	err = progress.During("building "+importPath, func() error {
		return build.Go(ctx, m.Dir, []string{"CGO_ENABLED=0", "GOOS=linux"},
			"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", file, importPath)
	})
	return file, err
}

// Built are the programs of modules that have been built whole.
type Built []build.Module

// Has tells whether one of the modules has the program.
func (b Built) Has(importPath string) bool {
	_, found := b.find(importPath)
	return found
}

func (b Built) find(importPath string) (build.Module, bool) {
	for _, m := range b {
		if slices.Contains(m.Packages, importPath) {
			return m, true
		}
	}
	return build.Module{}, false
}

// Binary is where the program is.
func (b Built) Binary(ctx context.Context, importPath string) (string, error) {
	m, found := b.find(importPath)
	if !found {
		return "", fmt.Errorf("none of the modules has the program %s", importPath)
	}
	out, err := m.Build(ctx)
	return filepath.Join(out, m.Program(importPath)), err
}
