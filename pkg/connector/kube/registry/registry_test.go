package registry_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	server "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"knelt.dev/pkg/connector/kube/registry"
)

// shop is a registry in memory that wants a password if it has one, and counts
// what it is asked.
type shop struct {
	host     string
	password string
	asked    atomic.Int64
	noHead   bool
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{}
	inner := server.New(server.Logger(log.New(io.Discard, "", 0)))
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		_, password, _ := r.BasicAuth()
		switch {
		case s.password != "" && password != s.password:
			w.Header().Set("WWW-Authenticate", `Basic realm="shop"`)
			w.WriteHeader(http.StatusUnauthorized)
		case s.noHead && r.Method == http.MethodHead:
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(h.Close)
	s.host = strings.TrimPrefix(h.URL, "http://")
	return s
}

func image(t *testing.T, c v1.Config) v1.Image {
	t.Helper()
	i, err := mutate.Config(empty.Image, c)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (s *shop) push(t *testing.T, tag string, what remote.Taggable) string {
	t.Helper()
	ref, err := name.ParseReference(s.host + "/" + tag)
	if err != nil {
		t.Fatal(err)
	}
	switch w := what.(type) {
	case v1.Image:
		err = remote.Write(ref, w)
	case v1.ImageIndex:
		err = remote.WriteIndex(ref, w)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ref.String()
}

func TestAnImageIsPinnedAndDescribed(t *testing.T) {
	for _, noHead := range []bool{false, true} {
		s, l := newShop(t), &registry.Lookup{}
		ref := s.push(t, "team/source:1", image(t, v1.Config{
			Entrypoint: []string{"python", "main.py"}, Cmd: []string{"spec"}, User: "airbyte", Env: []string{"PATH=/bin", "AIRBYTE_ENTRYPOINT=/base.sh --x"},
		}))
		s.noHead = noHead
		got, err := l.Image(t.Context(), ref, registry.Keys{})
		if err != nil || !strings.HasPrefix(got.Ref, s.host+"/team/source@sha256:") || !slices.Equal(got.Entrypoint, []string{"python", "main.py"}) ||
			got.User != "airbyte" || got.AirbyteEntrypoint != "/base.sh --x" || !slices.Equal(got.Cmd, []string{"spec"}) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestOneOfSeveralPlatformsIsDescribedAndAllArePinned(t *testing.T) {
	s, l := newShop(t), &registry.Lookup{}
	one := func(arch, system, user string) mutate.IndexAddendum {
		return mutate.IndexAddendum{Add: image(t, v1.Config{User: user}), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: system, Architecture: arch}}}
	}
	both := mutate.AppendManifests(empty.Index, one("amd64", "windows", "w"), one("arm64", "linux", "1"), one("amd64", "linux", "2"))
	want, err := both.Digest()
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.Image(t.Context(), s.push(t, "both:1", both), registry.Keys{})
	if err != nil || got.User != "2" || !strings.HasSuffix(got.Ref, want.String()) {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = l.Image(t.Context(), s.push(t, "arm:1", mutate.AppendManifests(empty.Index, one("arm64", "linux", "1"))), registry.Keys{})
	if err != nil || got.User != "1" {
		t.Errorf("got %+v, %v", got, err)
	}
	var missing *registry.NotFoundError
	_, err = l.Image(t.Context(), s.push(t, "windows:1", mutate.AppendManifests(empty.Index, one("amd64", "windows", "1"))), registry.Keys{})
	if !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
}

// TestADigestIsAskedForOnce, and a tag each time: it may have moved.
func TestADigestIsAskedForOnceAndATagMayMove(t *testing.T) {
	s, l := newShop(t), &registry.Lookup{}
	ref := s.push(t, "source:1", image(t, v1.Config{User: "1"}))
	first, err := l.Image(t.Context(), ref, registry.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	before := s.asked.Load()
	again, err := l.Image(t.Context(), first.Ref, registry.Keys{})
	if err != nil || again.Ref != first.Ref || s.asked.Load() != before {
		t.Errorf("got %+v, %v after %d more requests", again, err, s.asked.Load()-before)
	}
	s.push(t, "source:1", image(t, v1.Config{User: "2"}))
	if moved, err := l.Image(t.Context(), ref, registry.Keys{}); err != nil || moved.User != "2" || moved.Ref == first.Ref {
		t.Errorf("got %+v, %v", moved, err)
	}
}

func TestWhatKeepsAnImageFromBeingFoundIsTold(t *testing.T) {
	s, l := newShop(t), &registry.Lookup{}
	ref := s.push(t, "source:1", image(t, v1.Config{}))
	var missing *registry.NotFoundError
	if _, err := l.Image(t.Context(), s.host+"/source:2", registry.Keys{}); !errors.As(err, &missing) || !strings.Contains(err.Error(), "source:2") {
		t.Errorf("got %v", err)
	}
	var wrong *registry.ReferenceError
	if _, err := l.Image(t.Context(), "Not An Image", registry.Keys{}); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	s.password = "open"
	var denied *registry.DeniedError
	if _, err := l.Image(t.Context(), ref, registry.Keys{}); !errors.As(err, &denied) {
		t.Errorf("got %v", err)
	}
	_, err := l.Image(t.Context(), "127.0.0.1:1/source:1", registry.Keys{})
	if err == nil || errors.As(err, &denied) || errors.As(err, &missing) {
		t.Errorf("an unreachable registry: %v", err)
	}
}

func TestPullSecretsOpenRegistries(t *testing.T) {
	s, l := newShop(t), &registry.Lookup{}
	ref := s.push(t, "team/source:1", image(t, v1.Config{User: "7"}))
	s.password = "open"
	auth := base64.StdEncoding.EncodeToString([]byte("me:open"))
	for name, data := range map[string]map[string][]byte{
		"auth":      {".dockerconfigjson": fmt.Appendf(nil, `{"auths":{"https://%s/v1/":{"auth":%q}}}`, s.host, auth)},
		"password":  {".dockerconfigjson": fmt.Appendf(nil, `{"auths":{%q:{"username":"me","password":"open"}}}`, s.host)},
		"old":       {".dockercfg": fmt.Appendf(nil, `{%q:{"auth":%q}}`, s.host, auth)},
		"path":      {".dockerconfigjson": fmt.Appendf(nil, `{"auths":{%q:{"auth":"bWU6c2h1dA=="},%q:{"auth":%q}}}`, s.host, s.host+"/team", auth)},
		"other one": {".dockerconfigjson": fmt.Appendf(nil, `{"auths":{%q:{"auth":"bWU6c2h1dA=="},%q:{"auth":%q}}}`, s.host+"/tea", s.host, auth)},
	} {
		keys, err := registry.ParseSecret(data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := l.Image(t.Context(), ref, keys); err != nil || got.User != "7" {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestBrokenPullSecretsAreToldWithoutTheirContent(t *testing.T) {
	for want, data := range map[string]map[string][]byte{
		"neither":       {"password": []byte("hunter2")},
		"no JSON":       {".dockerconfigjson": []byte("hunter2")},
		"base64":        {".dockerconfigjson": []byte(`{"auths":{"x":{"auth":"hunter2!"}}}`)},
		"USER:PASSWORD": {".dockerconfigjson": []byte(`{"auths":{"x":{"auth":"aHVudGVyMg=="}}}`)},
		".dockercfg":    {".dockercfg": []byte(`["hunter2"]`)},
	} {
		if _, err := registry.ParseSecret(data); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

func TestKeysMatchAsKubeletsDo(t *testing.T) {
	for _, c := range []struct {
		where, image string
		want         bool
	}{
		{"https://index.docker.io/v1/", "airbyte/source", true},
		{"docker.io", "airbyte/source", true},
		{"*.example.com", "eu.example.com/x", true},
		{"*.example.com", "a.eu.example.com/x", false},
		{"example.com/team", "example.com/team/x", true},
		{"example.com/team", "example.com/teams/x", false},
		{"example.com:5000", "example.com/x", false},
	} {
		keys, err := registry.ParseSecret(map[string][]byte{".dockerconfigjson": fmt.Appendf(nil, `{"auths":{%q:{"username":"me","password":"p"}}}`, c.where)})
		if err != nil {
			t.Fatal(err)
		}
		repo, err := name.NewRepository(c.image)
		if err != nil {
			t.Fatal(err)
		}
		auth, err := keys.Resolve(repo)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := auth.Authorization(); err != nil || (got.Username == "me") != c.want {
			t.Errorf("%s for %s: %+v, %v", c.where, c.image, got, err)
		}
	}
}
