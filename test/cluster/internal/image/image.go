package image

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// File is a file or folder outside, and its path in the image.
type File struct{ From, At string }

// Image is what an image is made of.
type Image struct {
	// Base is a root file system as a tar archive, gzipped or not. Empty: one with
	// nothing but users, /tmp and a home.
	Base  string
	Files []File
	// Libraries adds the shared libraries that the files are linked to.
	Libraries  bool
	Entrypoint []string
	Cmd        []string
	// User is "" for Nonroot.
	User string
	Env  []string
	Dir  string
}

// Program is the image of one static program, at the path that ko gives it.
func Program(binary, program string) Image {
	at := path.Join("/ko-app", program)
	return Image{Files: []File{{binary, at}}, Entrypoint: []string{at}}
}

// Build makes the image. Its layers are not compressed: they are read from this
// machine's disk, by this machine.
func (i Image) Build() (v1.Image, error) {
	base, err := i.base()
	if err != nil {
		return nil, err
	}
	files := i.Files
	if i.Libraries {
		more, err := libraries(files)
		if err != nil {
			return nil, err
		}
		files = append(more, files...)
	}
	content, err := layer(func(l *layerWriter) error {
		for _, f := range files {
			if err := l.add(f.From, f.At); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	img := mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1)
	img, err = mutate.AppendLayers(img, base, content)
	if err != nil {
		return nil, fmt.Errorf("adding layers: %w", err)
	}
	return i.configure(img)
}

func (i Image) configure(img v1.Image) (v1.Image, error) {
	file, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("configuring an image: %w", err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", "amd64"
	file.Config = v1.Config{
		User: i.User, Entrypoint: i.Entrypoint, Cmd: i.Cmd, WorkingDir: i.Dir,
		Env: append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/ko-app"}, i.Env...),
	}
	if i.User == "" {
		file.Config.User = Nonroot
	}
	img, err = mutate.ConfigFile(img, file)
	if err != nil {
		return nil, fmt.Errorf("configuring an image: %w", err)
	}
	return img, nil
}

func (i Image) base() (v1.Layer, error) {
	if i.Base == "" {
		return layer((*layerWriter).skeleton)
	}
	data, err := os.ReadFile(i.Base)
	if err != nil {
		return nil, fmt.Errorf("reading the base: %w", err)
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err == nil {
			data, err = io.ReadAll(r)
		}
		if err != nil {
			return nil, fmt.Errorf("unpacking the base: %w", err)
		}
	}
	return static.NewLayer(data, types.OCIUncompressedLayer), nil
}

func layer(fill func(*layerWriter) error) (v1.Layer, error) {
	var data bytes.Buffer
	w := newLayerWriter(&data)
	if err := fill(w); err != nil {
		return nil, err
	}
	if err := w.tar.Close(); err != nil {
		return nil, fmt.Errorf("ending a layer: %w", err)
	}
	return static.NewLayer(data.Bytes(), types.OCIUncompressedLayer), nil
}

// Push pushes the image to HOST/REPOSITORY[:TAG], and returns its reference by digest.
func Push(ctx context.Context, img v1.Image, to string, transport http.RoundTripper) (string, error) {
	tag, err := name.NewTag(to, name.Insecure)
	if err != nil {
		return "", fmt.Errorf("naming an image: %w", err)
	}
	digest, err := img.Digest()
	if err != nil {
		return "", fmt.Errorf("reading an image: %w", err)
	}
	if err := remote.Write(tag, img, remote.WithContext(ctx), remote.WithTransport(transport)); err != nil {
		return "", fmt.Errorf("pushing %s: %w", to, err)
	}
	return tag.Context().Name() + "@" + digest.String(), nil
}
