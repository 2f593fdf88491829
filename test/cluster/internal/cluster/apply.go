package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"knelt.dev/test/cluster/internal/image"
	"knelt.dev/test/cluster/internal/ko"
	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/manifest"
	"knelt.dev/test/cluster/internal/netns"
)

// Apply applies the manifests at the paths, to the namespace unless that is empty:
// then to what they name. Each ko:// reference in them is built in the module that the folder is in.
func Apply(ctx context.Context, module, namespace string, paths []string) error {
	docs, err := Resolve(ctx, module, paths)
	if err != nil {
		return err
	}
	data, err := manifest.Encode(docs)
	if err != nil {
		return err
	}
	words := []string{"apply", "--server-side", "--force-conflicts", "-f", "-"}
	if namespace != "" { // kubectl refuses objects of others beside one that is named
		words = append(words, "-n", namespace)
	}
	out, err := with(ctx, data, words...)
	fmt.Print(out)
	return err
}

// Resolve reads manifests, and puts images in the place of references to programs.
func Resolve(ctx context.Context, module string, paths []string) ([]manifest.Doc, error) {
	docs, err := manifest.Read(paths...)
	if err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "cluster-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for programs: %w", err)
	}
	defer os.RemoveAll(temp) //nolint:errcheck // it is in a folder for temporary files
	return docs, resolver(module, temp).Resolve(ctx, docs)
}

func resolver(module, temp string) ko.Resolver {
	return ko.Resolver{
		Programs:  ko.Module{Dir: module, Temp: temp},
		Transport: netns.Transport(layout.NamespacePath(layout.Control)),
	}
}

// PushProgram pushes the image of a Go program under a name with a tag, and
// returns its reference by digest. The image is as img says, but for its program.
func PushProgram(ctx context.Context, module, importPath string, img image.Image, to string) (string, error) {
	temp, err := os.MkdirTemp("", "cluster-")
	if err != nil {
		return "", fmt.Errorf("making a folder for programs: %w", err)
	}
	defer os.RemoveAll(temp) //nolint:errcheck // it is in a folder for temporary files
	file, err := ko.Module{Dir: module, Temp: temp}.Binary(ctx, importPath)
	if err != nil {
		return "", err
	}
	return PushBinary(ctx, file, img, to)
}

// PushBinary pushes the image of a binary. Without one the image has only what
// else img says.
func PushBinary(ctx context.Context, file string, img image.Image, to string) (string, error) {
	if file != "" {
		program := image.Program(file, filepath.Base(file))
		img.Files = append(program.Files, img.Files...)
		if len(img.Entrypoint) == 0 {
			img.Entrypoint = program.Entrypoint
		}
	}
	built, err := img.Build()
	if err != nil {
		return "", err
	}
	return image.Push(ctx, built, layout.Registry+"/"+to, netns.Transport(layout.NamespacePath(layout.Control)))
}
