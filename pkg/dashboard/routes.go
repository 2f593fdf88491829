package dashboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"knelt.dev/pkg/host"
)

// Routes are the page, at /, and what it loads, below /assets/. Anyone may have
// them: they hold no data and no secret.
func Routes() []host.Route {
	s := served()
	return []host.Route{
		{Method: http.MethodGet, Path: "/", Handle: s.page},
		{Method: http.MethodGet, Path: "/assets/*", Handle: s.asset},
	}
}

// site is all that is served.
type site struct {
	assets map[string]asset
	digest string
	index  asset
	etag   string
	policy string
}

// served is made at the first call: to compress takes some ten milliseconds,
// which a process without a dashboard does not spend. What is embedded cannot
// fail to be read.
var served = sync.OnceValue(func() *site {
	s, err := newSite()
	if err != nil {
		panic(fmt.Sprintf("dashboard: reading the embedded assets: %v", err))
	}
	return s
})

func newSite() (*site, error) {
	files, err := fs.Sub(embedded, "assets")
	if err != nil {
		return nil, err
	}
	assets, digest, err := load(files)
	if err != nil {
		return nil, err
	}
	template, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return nil, err
	}
	html, policy := page(string(template), assets, "assets/"+digest)
	index, err := newAsset("text/html; charset=utf-8", []byte(html))
	sum := sha256.Sum256([]byte(html))
	return &site{assets: assets, digest: digest, index: index, etag: `"` + hex.EncodeToString(sum[:8]) + `"`, policy: policy}, err
}

// page answers with the page itself, which is asked for anew each time: it
// names the assets of this release.
func (s *site) page(_ context.Context, c *host.Call) (*host.Response, error) {
	h := s.header()
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", s.etag)
	if matches(c.Header.Get("If-None-Match"), s.etag) {
		return &host.Response{Status: http.StatusNotModified, Header: h}, nil
	}
	return s.index.answer(c, h), nil
}

// asset answers with a file of this release. One of another release is not
// there: a page that still runs says so, and a reload brings the new one.
func (s *site) asset(_ context.Context, c *host.Call) (*host.Response, error) {
	name, found := strings.CutPrefix(c.Path, "/assets/"+s.digest+"/")
	a, ok := s.assets[name]
	if !found || !ok {
		return nil, &host.Error{Cause: host.NotFound, Detail: "there is no such asset in this release"}
	}
	h := s.header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	return a.answer(c, h), nil
}

// header is what every answer says. The policy matters for the page; on the
// other files it costs little and holds if one of them is opened by itself.
func (s *site) header() http.Header {
	return http.Header{
		"Content-Security-Policy":      {s.policy},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Permissions-Policy":           {"camera=(), geolocation=(), microphone=()"},
		"Referrer-Policy":              {"no-referrer"},
		"Vary":                         {"Accept-Encoding"},
		"X-Content-Type-Options":       {"nosniff"},
		"X-Frame-Options":              {"DENY"},
	}
}

// answer gives the file as the client can take it.
func (a asset) answer(c *host.Call, h http.Header) *host.Response {
	h.Set("Content-Type", a.contentType)
	if a.gzipped != nil && host.AcceptsGzip(c.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		return &host.Response{Header: h, Body: a.gzipped}
	}
	return &host.Response{Header: h, Body: a.plain}
}

// matches reads If-None-Match: a list of tags, weak ones equal to strong ones.
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if tag := strings.TrimPrefix(strings.TrimSpace(part), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
