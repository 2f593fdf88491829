package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Image is what a registry tells of an image.
type Image struct {
	// Ref names it by its digest.
	Ref string
	// Entrypoint and Cmd are the config's.
	Entrypoint, Cmd []string
	// AirbyteEntrypoint is the variable AIRBYTE_ENTRYPOINT of the config.
	AirbyteEntrypoint string
	// User is the config's: UID, UID:GID, a name, or empty for root.
	User string
}

// Lookup asks registries. It remembers what digests stand for, never what tags
// do. It may be used by several goroutines.
type Lookup struct {
	// Insecure are registries, as HOST or HOST:PORT, that speak plain http.
	// Addresses of private networks and localhost are tried so in any case.
	Insecure []string
	// Transport; nil: the usual.
	Transport http.RoundTripper

	mu    sync.Mutex
	known map[string]Image
}

// maxKnown bounds what is remembered; one entry is less than a kilobyte.
const maxKnown = 1000

// Image looks an image up. Errors: a *NotFoundError, a *DeniedError, a
// *ReferenceError, or that the registry cannot be asked now.
func (l *Lookup) Image(ctx context.Context, reference string, keys authn.Keychain) (Image, error) {
	ref, err := l.parse(reference)
	if err != nil {
		return Image{}, &ReferenceError{Reference: reference, Err: err}
	}
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(keys)}
	if l.Transport != nil {
		options = append(options, remote.WithTransport(l.Transport))
	}
	digest, err := l.digest(ref, options)
	if err != nil {
		return Image{}, explain(reference, err)
	}
	if found, ok := l.recall(digest.String()); ok {
		return found, nil
	}
	config, err := configOf(digest, options)
	if err != nil {
		return Image{}, explain(reference, err)
	}
	found := describe(digest, config)
	l.remember(digest.String(), found)
	return found, nil
}

func (l *Lookup) parse(reference string) (name.Reference, error) {
	ref, err := name.ParseReference(reference)
	if err == nil && slices.Contains(l.Insecure, ref.Context().RegistryStr()) {
		return name.ParseReference(reference, name.Insecure)
	}
	return ref, err
}

// digest gives what a tag stands for at this moment. A registry may not know
// HEAD.
func (l *Lookup) digest(ref name.Reference, options []remote.Option) (name.Digest, error) {
	if d, ok := ref.(name.Digest); ok {
		return d, nil
	}
	head, err := remote.Head(ref, options...)
	if err == nil {
		return ref.Context().Digest(head.Digest.String()), nil
	}
	got, err := remote.Get(ref, options...)
	if err != nil {
		return name.Digest{}, err
	}
	return ref.Context().Digest(got.Digest.String()), nil
}

// configOf reads the config; of an index that of linux/amd64, else of its first
// image for Linux: entrypoints are the same for all.
func configOf(digest name.Digest, options []remote.Option) (*v1.ConfigFile, error) {
	got, err := remote.Get(digest, options...)
	if err != nil {
		return nil, err
	}
	if !got.MediaType.IsIndex() {
		image, err := got.Image()
		if err != nil {
			return nil, err
		}
		return image.ConfigFile()
	}
	index, err := got.ImageIndex()
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	chosen, ok := choose(manifest.Manifests)
	if !ok {
		return nil, errNoLinux
	}
	image, err := index.Image(chosen)
	if err != nil {
		return nil, err
	}
	return image.ConfigFile()
}

var errNoLinux = errors.New("the index names no image for Linux")

func choose(list []v1.Descriptor) (v1.Hash, bool) {
	linux := slices.DeleteFunc(slices.Clone(list), func(d v1.Descriptor) bool {
		return !d.MediaType.IsImage() || d.Platform != nil && d.Platform.OS != "linux"
	})
	if len(linux) == 0 {
		return v1.Hash{}, false
	}
	usual := slices.IndexFunc(linux, func(d v1.Descriptor) bool { return d.Platform != nil && d.Platform.Architecture == "amd64" })
	return linux[max(0, usual)].Digest, true
}

func describe(digest name.Digest, c *v1.ConfigFile) Image {
	i := Image{Ref: digest.String(), Entrypoint: c.Config.Entrypoint, Cmd: c.Config.Cmd, User: c.Config.User}
	for _, entry := range c.Config.Env {
		if value, found := strings.CutPrefix(entry, "AIRBYTE_ENTRYPOINT="); found {
			i.AirbyteEntrypoint = value
		}
	}
	return i
}

func (l *Lookup) recall(digest string) (Image, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, ok := l.known[digest]
	return i, ok
}

func (l *Lookup) remember(digest string, i Image) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known) >= maxKnown {
		l.known = map[string]Image{}
	}
	l.known[digest] = i
}

// ReferenceError tells that a text names no image.
type ReferenceError struct {
	Reference string
	Err       error
}

func (e *ReferenceError) Error() string {
	return fmt.Sprintf("%q names no image: %v", e.Reference, e.Err)
}

// Unwrap returns what is wrong with it.
func (e *ReferenceError) Unwrap() error { return e.Err }

// NotFoundError tells that the registry has no such image.
type NotFoundError struct {
	Reference string
	Err       error
}

func (e *NotFoundError) Error() string { return fmt.Sprintf("there is no image %s", e.Reference) }

// Unwrap returns the registry's answer.
func (e *NotFoundError) Unwrap() error { return e.Err }

// DeniedError tells that the registry shows the image to others only.
type DeniedError struct {
	Reference string
	Err       error
}

func (e *DeniedError) Error() string {
	return fmt.Sprintf("the registry of %s denies access to it", e.Reference)
}

// Unwrap returns the registry's answer.
func (e *DeniedError) Unwrap() error { return e.Err }

// explain tells answers from troubles on the way.
func explain(reference string, err error) error {
	var answer *transport.Error
	switch {
	case errors.Is(err, errNoLinux):
		return &NotFoundError{reference + " for Linux", err}
	case !errors.As(err, &answer):
	case answer.StatusCode == http.StatusNotFound:
		return &NotFoundError{reference, err}
	case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden:
		return &DeniedError{reference, err}
	}
	return fmt.Errorf("asking the registry of %s: %w", reference, err)
}
