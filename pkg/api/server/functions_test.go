package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"knelt.dev/pkg/api"
	apiclient "knelt.dev/pkg/api/client"
	"knelt.dev/pkg/api/server"
)

// TestOtherFunctionsAskConnectors: what they answer, and what they refuse, is
// passed on.
func TestOtherFunctionsAskConnectors(t *testing.T) {
	status, problem, body := http.StatusOK, "", ""
	functions := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		body = r.URL.Path + " " + string(text)
		answer := problem
		switch {
		case status != http.StatusOK:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(status)
		case r.URL.Path == "/check/spec":
			answer = `{"connectionSpecification":{"type":"object"}}`
		case r.URL.Path == "/check/":
			answer = `{"status":"SUCCEEDED"}`
		case r.URL.Path == "/discover/":
			answer = `{"streams":[{"name":"users","json_schema":{}}]}`
		}
		if _, err := io.WriteString(w, answer); err != nil {
			t.Error(err)
		}
	}))
	defer functions.Close()
	check, err := apiclient.NewFunction(functions.URL + "/check")
	if err != nil {
		t.Fatal(err)
	}
	discover, err := apiclient.NewFunction(functions.URL + "/discover")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *server.Config) { c.Asker = server.Functions{CheckWith: check, DiscoverWith: discover} })
	ask := func(path string) answer {
		return w.do(t, api.Run, http.MethodPost, api.Base+path, bodies[api.CheckResource])
	}
	for path, holds := range map[string]string{"/check": `"status":"SUCCEEDED"`, "/discover": `"name":"users"`, "/spec": "connectionSpecification"} {
		if a := ask(path); a.status != http.StatusOK || !strings.Contains(string(a.body), holds) || !strings.HasSuffix(body, `{"resource":{"kind":"Source","namespace":"shop","name":"db"}}`) {
			t.Errorf("%s: %d %s; the function was sent %s", path, a.status, a.body, body)
		}
	}
	for _, c := range []struct {
		status  int
		problem string
		want    int
		says    string
	}{
		{422, `{"type":"https://knelt.dev/problems/invalid","title":"x","status":422,"detail":"no Secret","errors":[{"field":"spec.config","detail":"y"}]}`, 422, `"field":"spec.config"`},
		{502, `{"type":"https://knelt.dev/problems/connector","title":"x","status":502,"detail":"it exited with code 1"}`, 502, "exited with code 1"},
		{404, `<html>no such route</html>`, 502, "the function"},
		{500, `{"type":"https://knelt.dev/problems/internal","title":"x","status":500}`, 502, "failed"},
	} {
		status, problem = c.status, c.problem
		fails(t, ask("/check"), c.want, c.says)
	}
	functions.Close()
	fails(t, ask("/check"), http.StatusServiceUnavailable, "cannot be reached")
}
