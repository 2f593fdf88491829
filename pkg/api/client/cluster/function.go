package cluster

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"knelt.dev/pkg/api"
)

// activator is the Service of the activators of Knative Serving, as the API
// server's proxy names it: there is one whatever networking layer a cluster has,
// and its pods are never at zero.
const activator = "/api/v1/namespaces/knative-serving/services/http:activator-service:80/proxy"

// The headers by which an activator knows for which revision a request is
// (networking layers send them, too).
const (
	revisionNamespace = "Knative-Serving-Namespace"
	revisionName      = "Knative-Serving-Revision"
)

// fresh is for how long a revision is taken for the one that has the traffic: a
// new release has another, and the old one goes on for hours.
const fresh = time.Minute

// Function is the way to one Knative Service. It is safe for concurrent use.
type Function struct {
	cluster         *Cluster
	namespace, name string

	mu       sync.Mutex
	revision string
	asked    time.Time
}

// RoundTrip is as http.RoundTripper has it.
func (f *Function) RoundTrip(r *http.Request) (*http.Response, error) {
	revision, refused, err := f.current(r)
	if err != nil || refused != nil {
		if r.Body != nil {
			_ = r.Body.Close() // it is not read
		}
		return refused, err
	}
	sent := r.Clone(r.Context())
	f.cluster.aim(sent, activator+"/"+strings.TrimPrefix(r.URL.EscapedPath(), "/"))
	sent.Header.Set(revisionNamespace, f.namespace)
	sent.Header.Set(revisionName, revision)
	if token := r.Header.Get("Authorization"); token != "" {
		sent.Header.Del("Authorization")
		sent.Header.Set(api.TokenHeader, token)
	}
	answer, err := f.cluster.send(sent)
	if err == nil && answer.StatusCode == http.StatusNotFound {
		f.forget() // perhaps of the revision, which the activator tells by a line of text
	}
	return answer, err
}

// current gives the revision that requests are for, or how it was refused.
func (f *Function) current(r *http.Request) (string, *http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.revision != "" && time.Since(f.asked) < fresh {
		return f.revision, nil, nil
	}
	found, refused, err := f.cluster.service(r, f.namespace, f.name)
	if err != nil || refused != nil {
		return "", refused, err
	}
	if f.revision = found.revision(); f.revision == "" {
		return "", problem(r, http.StatusServiceUnavailable, "the Service "+f.name+" in "+f.namespace+" is not ready: "+found.why()), nil
	}
	f.asked = time.Now()
	return f.revision, nil, nil
}

func (f *Function) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.revision = ""
}
