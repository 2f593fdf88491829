package dashboard_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"knelt.dev/pkg/dashboard"
	"knelt.dev/pkg/host"
)

// ask gives what a route answers to a GET of a path, with headers as pairs.
func ask(t *testing.T, path string, headers ...string) (*host.Response, error) {
	t.Helper()
	call := &host.Call{Method: http.MethodGet, Path: path, Header: http.Header{}}
	for i := 0; i < len(headers); i += 2 {
		call.Header.Set(headers[i], headers[i+1])
	}
	for _, r := range dashboard.Routes() {
		prefix, wild := strings.CutSuffix(r.Path, "*")
		if path == r.Path || wild && strings.HasPrefix(path, prefix) {
			return r.Handle(t.Context(), call)
		}
	}
	t.Fatalf("no route for %s", path)
	return nil, nil
}

func get(t *testing.T, path string, headers ...string) *host.Response {
	t.Helper()
	r, err := ask(t, path, headers...)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return r
}

var named = regexp.MustCompile(`(?:href|src)="([^"]+)"`)

// assets are the paths that the page names.
func assets(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, m := range named.FindAllStringSubmatch(string(get(t, "/").Body), -1) {
		if path := "/" + m[1]; !slices.Contains(all, path) {
			all = append(all, path)
		}
	}
	if len(all) < 10 {
		t.Fatalf("the page names only %q", all)
	}
	return all
}

func TestWhatThePageNamesIsServedAsWhatItIs(t *testing.T) {
	types := map[string]string{"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
	for _, path := range assets(t) {
		r := get(t, path)
		extension := path[strings.LastIndex(path, ".")+1:]
		if got := r.Header.Get("Content-Type"); got != types[extension] || len(r.Body) == 0 {
			t.Errorf("%s: %q, %d bytes", path, got, len(r.Body))
		}
	}
	if got := get(t, "/").Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("the page is %q", got)
	}
}

func TestAssetsMayBeKeptForEverAndThePageIsAskedForAnew(t *testing.T) {
	if got := get(t, assets(t)[0]).Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("an asset: %q", got)
	}
	page := get(t, "/")
	if got := page.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("the page: %q", got)
	}
	for tag, status := range map[string]int{page.Header.Get("ETag"): 304, `"x", W/` + page.Header.Get("ETag"): 304, `"x"`: 0, "": 0} {
		r := get(t, "/", "If-None-Match", tag)
		if r.Status != status || (len(r.Body) == 0) != (status == 304) {
			t.Errorf("If-None-Match %q: %d, %d bytes", tag, r.Status, len(r.Body))
		}
	}
}

// TestAssetsOfAnotherReleaseAreNotThere: a page of an old release would else run
// with modules of the new one, and a cache would keep the mixture.
func TestAssetsOfAnotherReleaseAreNotThere(t *testing.T) {
	ours := assets(t)[0]
	digest := strings.Split(ours, "/")[2]
	for _, path := range []string{
		strings.Replace(ours, digest, "0123456789abcdef", 1), "/assets/theme.js", "/assets/" + digest + "/index.html",
		"/assets/" + digest + "/nothing.js", "/assets/" + digest + "/../" + digest + "/theme.js", "/assets/",
	} {
		_, err := ask(t, path)
		var problem *host.Error
		if !errors.As(err, &problem) || problem.Cause != host.NotFound {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestGzipIsGivenToThoseWhoTakeIt(t *testing.T) {
	for accept, zipped := range map[string]bool{
		"gzip": true, "gzip, deflate, br, zstd": true, "br;q=1.0, GZIP;q=0.5": true, "*": true, "br, *;q=0.1": true,
		"": false, "br": false, "identity": false, "gzip;q=0": false, "gzip; q=0.000, *": false, "*;q=0": false,
	} {
		for _, path := range append(assets(t), "/") {
			r, plain := get(t, path, "Accept-Encoding", accept), get(t, path).Body
			if got := r.Header.Get("Content-Encoding") == "gzip"; got != zipped {
				t.Errorf("Accept-Encoding %q: %s zipped: %v", accept, path, got)
			}
			if zipped && !bytes.Equal(unzipped(t, r.Body), plain) {
				t.Errorf("%s is another when it is zipped", path)
			}
			if r.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s does not vary", path)
			}
		}
	}
}

func unzipped(t *testing.T, body []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// TestTheDashboardStaysLight: what a first visit loads, zipped. The chart's
// library comes later, and only where there is a chart.
func TestTheDashboardStaysLight(t *testing.T) {
	const first, chart = 72_000, 25_000
	size := len(get(t, "/", "Accept-Encoding", "gzip").Body)
	for _, path := range assets(t) {
		size += len(get(t, path, "Accept-Encoding", "gzip").Body)
	}
	digest := strings.Split(assets(t)[0], "/")[2]
	plot := len(get(t, "/assets/"+digest+"/lib/uPlot.iife.min.js", "Accept-Encoding", "gzip").Body)
	t.Logf("the first visit: %d bytes in %d files; the chart: %d", size, len(assets(t))+1, plot)
	if size > first || plot > chart {
		t.Errorf("the first visit has %d bytes (at most %d), the chart %d (%d)", size, first, plot, chart)
	}
}
