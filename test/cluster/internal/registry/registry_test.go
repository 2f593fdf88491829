package registry

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func start(t *testing.T, dir string) (host string) {
	t.Helper()
	log.SetOutput(io.Discard)
	handler, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return at.Host
}

func TestImagesAndListsOutliveTheRegistry(t *testing.T) {
	dir := t.TempDir()
	index, err := random.Index(1000, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(reference(t, start(t, dir)), index); err != nil {
		t.Fatal(err)
	}
	got, err := remote.Index(reference(t, start(t, dir)))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(got); err != nil {
		t.Errorf("what was pushed before is not whole: %v", err)
	}
}

func reference(t *testing.T, host string) name.Tag {
	t.Helper()
	tag, err := name.NewTag(host + "/some/image:1")
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

func TestARefusedManifestIsNotKept(t *testing.T) {
	dir := t.TempDir()
	handler, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPut, "/v2/some/image/manifests/1", http.NoBody)
	r.Header.Set("Content-Type", "application/vnd.oci.image.index.v1+json")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	if answer.Code < 400 {
		t.Fatalf("an empty index is to be refused: %d", answer.Code)
	}
	if _, err := New(dir); err != nil {
		t.Errorf("the registry does not start after a refused manifest: %v", err)
	}
}
