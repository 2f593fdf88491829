package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/apitest"
)

// answer of the server.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do asks with a token of a scope, or without one.
func (w *world) do(t testing.TB, scope api.Scope, method, path, body string, header ...string) answer {
	t.Helper()
	r := w.request(t, scope, method, path, body, header...)
	a, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{a.StatusCode, a.Header, text}
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

func (w *world) request(t testing.TB, scope api.Scope, method, path, body string, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if scope != api.None {
		r.Header.Set("Authorization", "Bearer "+w.secrets[scope])
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// get gives an answer that has to be there, held against the document.
func get[T any](t testing.TB, w *world, id api.OperationID, path string) T {
	t.Helper()
	a := w.do(t, api.Read, http.MethodGet, api.Base+path, "")
	if a.status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	apitest.Answer(t, api.Of(id), a.body)
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// fails wants a problem document.
func fails(t testing.TB, a answer, status int, holds string) {
	t.Helper()
	if a.status != status || !strings.Contains(string(a.body), holds) {
		t.Errorf("%d %s, want %d with %q", a.status, a.body, status, holds)
	}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json") {
		t.Errorf("an error is %q: %s", a.header.Get("Content-Type"), a.body)
		return
	}
	apitest.Problem(t, a.body)
}

func contains(t *testing.T, body []byte, words ...string) bool {
	t.Helper()
	for _, word := range words {
		if bytes.Contains(body, []byte(word)) {
			return true
		}
	}
	return false
}
