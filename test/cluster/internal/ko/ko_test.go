package ko

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"

	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/manifest"
)

// fakePrograms counts how often it is asked for a binary.
type fakePrograms struct {
	file  string
	asked map[string]int
}

func (f *fakePrograms) Binary(_ context.Context, importPath string) (string, error) {
	f.asked[importPath]++
	if strings.Contains(importPath, "broken") {
		return "", errors.New("does not compile")
	}
	return f.file, nil
}

// local takes all requests to the cluster's registry to another server.
type local struct{ to http.Handler }

func (l local) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	l.to.ServeHTTP(answer, r)
	result := answer.Result()
	result.Request = r
	return result, nil
}

func resolver(t *testing.T) (Resolver, *fakePrograms) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p")
	if err := os.WriteFile(file, []byte("elf"), 0o600); err != nil {
		t.Fatal(err)
	}
	programs := &fakePrograms{file, map[string]int{}}
	return Resolver{programs, local{registry.New(registry.Logger(log.New(io.Discard, "", 0)))}}, programs
}

func TestEachProgramIsBuiltOnceAndNamedByDigest(t *testing.T) {
	r, programs := resolver(t)
	docs, err := manifest.Parse([]byte("a: ko://Example.org/p\nb: [ko://Example.org/p, other]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Resolve(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	a, ok := docs[0]["a"].(string)
	if !ok || !strings.HasPrefix(a, layout.Registry+"/example.org/p@sha256:") {
		t.Errorf("the program became %v", docs[0]["a"])
	}
	if programs.asked["Example.org/p"] != 1 {
		t.Errorf("the program was built %d times", programs.asked["Example.org/p"])
	}
}

func TestAProgramThatDoesNotCompileIsNamed(t *testing.T) {
	r, _ := resolver(t)
	err := r.Resolve(t.Context(), []manifest.Doc{{"a": "ko://example.org/broken"}})
	if err == nil || !strings.Contains(err.Error(), "example.org/broken") {
		t.Errorf("the error does not say which: %v", err)
	}
}
