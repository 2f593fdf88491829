// Package asktest serves the functions that ask connectors, for their tests: a
// real host and engine, and connectors that are scripts.
package asktest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"knelt.dev/functions/internal/documents"
	"knelt.dev/pkg/ask"
	"knelt.dev/pkg/connector/process"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
	"knelt.dev/test/redistest"
)

// Asker makes an Asker of a folder with these documents, over local processes
// and a real Redis.
func Asker(t *testing.T, docs string) ask.Asker {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docs.yaml"), []byte(docs), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := redis.Open(t.Context(), redistest.Start(t).URL(), redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // nothing depends on it
	return ask.Asker{
		Engine: &engine.Engine{
			Store: db, Runtime: process.New(process.Config{Root: filepath.Join(dir, "run")}), Home: dir, Holder: store.ProcessHolder(),
		},
		Resources: documents.Folder(dir),
	}
}

// Source is a document whose connector is a script that is given the command as
// $1.
func Source(name, script, config string) string {
	return fmt.Sprintf(`{"apiVersion":"knelt.dev/v1alpha1","kind":"Source","metadata":{"name":%q},"spec":{"connector":{"command":["/bin/sh","-c",%q,"connector"]},"config":%s}}`,
		name, script, config)
}

// Answer is what a function answered.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Serve serves a function and gives what posts to it.
func Serve(t *testing.T, f host.Function) func(ctx context.Context, path, mediaType, body string) Answer {
	t.Helper()
	cfg := host.Default()
	cfg.Log = slog.New(slog.DiscardHandler)
	h, err := host.New(cfg, f)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.ServeOn(ctx, l) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	t.Cleanup(func() {
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func(ctx context.Context, path, mediaType, body string) Answer {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+l.Addr().String()+path, bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", mediaType)
		a, err := client.Do(r)
		if err != nil {
			return Answer{Body: err.Error()}
		}
		defer a.Body.Close() //nolint:errcheck // it was only read
		text, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return Answer{a.StatusCode, a.Header, string(text)}
	}
}
