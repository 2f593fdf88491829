package server_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"testing"

	"knelt.dev/pkg/api"
)

// TestALongAnswerIsZippedForWhoTakesItSo, and says the same.
func TestALongAnswerIsZippedForWhoTakesItSo(t *testing.T) {
	w, _ := filled(t, nil)
	path := api.Base + "/connections/shop/orders/syncs/1/logs?limit=100"
	plain := w.do(t, api.Read, http.MethodGet, path, "", "Accept-Encoding", "identity")
	zipped := w.do(t, api.Read, http.MethodGet, path, "", "Accept-Encoding", "br, gzip")
	if zipped.header.Get("Content-Encoding") != "gzip" || len(zipped.body)*3 > len(plain.body) {
		t.Fatalf("%d bytes of %d: %v", len(zipped.body), len(plain.body), zipped.header)
	}
	z, err := gzip.NewReader(bytes.NewReader(zipped.body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || !bytes.Equal(text, plain.body) {
		t.Errorf("it says something else (%v)", err)
	}
	for what, a := range map[string]answer{"plain": plain, "zipped": zipped} {
		if a.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("a cache may give what is %s to everybody: %v", what, a.header)
		}
		if again := w.do(t, api.Read, http.MethodGet, path, "", "If-None-Match", a.header.Get("ETag")); again.status != http.StatusNotModified {
			t.Errorf("the tag of what is %s is not known: %d", what, again.status)
		}
	}
	for _, refused := range []string{"gzip;q=0", "identity"} {
		if a := w.do(t, api.Read, http.MethodGet, path, "", "Accept-Encoding", refused); a.header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %v", refused, a.header)
		}
	}
	if a := w.do(t, api.Read, http.MethodGet, api.Base+"/counts", "", "Accept-Encoding", "gzip"); a.header.Get("Content-Encoding") != "" {
		t.Errorf("what fits into a packet is zipped: %v", a.header)
	}
}
