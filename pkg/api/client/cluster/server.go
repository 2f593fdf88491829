package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"knelt.dev/pkg/api"
)

// aim has a request sent to the API server; the path is escaped already.
func (c *Cluster) aim(r *http.Request, path string) {
	to := *c.server
	to.RawPath = strings.TrimRight(to.EscapedPath(), "/") + path
	to.Path, _ = url.PathUnescape(to.RawPath) // both parts are of URLs
	to.RawQuery = r.URL.RawQuery
	r.URL, r.Host = &to, ""
	// An API server that may not answer an error in JSON says so, instead of it.
	accept := r.Header.Get("Accept")
	if accept == "" {
		accept = "*/*"
	}
	r.Header.Set("Accept", accept+", application/json;q=0.1")
}

// send sends a request, and makes a problem document of an error of the API
// server. Knelt's own errors are such documents already.
func (c *Cluster) send(r *http.Request) (*http.Response, error) {
	answer, err := c.way.RoundTrip(r)
	if err != nil || answer.StatusCode/100 == 2 || !strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") {
		return answer, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	var status struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
	}
	if json.Unmarshal(text, &status) != nil || status.Kind != "Status" {
		answer.Body = io.NopCloser(bytes.NewReader(text))
		return answer, nil
	}
	made := problem(r, answer.StatusCode, "the cluster's API server: "+status.Message)
	if after := answer.Header.Get("Retry-After"); after != "" {
		made.Header.Set("Retry-After", after)
	}
	return made, nil
}

// problem is an answer that says why there is no other.
func problem(r *http.Request, status int, detail string) *http.Response {
	text, _ := json.Marshal(api.Problem{Title: http.StatusText(status), Status: status, Detail: detail}) // texts and a number
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: int64(len(text)),
		Header: http.Header{"Content-Type": {"application/problem+json"}}, Body: io.NopCloser(bytes.NewReader(text)),
	}
}
