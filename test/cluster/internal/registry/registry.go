// Package registry is the cluster's image registry. Its content is in a folder,
// and is there again when the registry is started again.
package registry

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// New is the registry with its content in dir.
func New(dir string) (http.Handler, error) {
	blobs, manifests := filepath.Join(dir, "blobs"), filepath.Join(dir, "manifests")
	for _, d := range []string{blobs, manifests} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("making the registry's folder: %w", err)
		}
	}
	store := registry.New(
		registry.WithBlobHandler(registry.NewDiskBlobHandler(blobs)),
		registry.Logger(log.New(log.Writer(), "registry: ", log.LstdFlags)),
	)
	j := &journal{dir: manifests, store: store}
	return j, j.replay()
}

// Serve serves the registry until the context ends.
func Serve(ctx context.Context, dir, address string) error {
	handler, err := New(dir)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close() // it ends either way
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the registry: %w", err)
	}
	return nil
}
