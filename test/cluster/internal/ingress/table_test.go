package ingress

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func decode[T object](t *testing.T, objects ...string) map[string]T {
	t.Helper()
	m := map[string]T{}
	for _, text := range objects {
		var o T
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			t.Fatal(err)
		}
		m[o.head().key()] = o
	}
	return m
}

const function = `{
	"metadata": {"namespace": "n", "name": "f", "generation": 2, "annotations": {"networking.knative.dev/ingress.class": "` + Class + `"}},
	"spec": {"rules": [
		{"hosts": ["f.n.example"], "visibility": "ExternalIP", "http": {"paths": [
			{"splits": [{"serviceNamespace": "n", "serviceName": "one", "servicePort": 80, "percent": 90, "appendHeaders": {"Revision": "one"}},
			            {"serviceNamespace": "n", "serviceName": "two", "servicePort": 80, "percent": 10}]},
			{"headers": {"Tag": {"exact": "two"}}, "splits": [{"serviceNamespace": "n", "serviceName": "two", "servicePort": "http"}]},
			{"path": "/deep", "splits": [{"serviceNamespace": "n", "serviceName": "deep", "servicePort": 80}]}]}},
		{"hosts": ["f.n", "f.n.svc.cluster.local"], "visibility": "ClusterLocal", "http": {"paths": [
			{"splits": [{"serviceNamespace": "n", "serviceName": "one", "servicePort": 80}]}]}}]}}`

const foreign = `{"metadata": {"namespace": "n", "name": "g"}, "spec": {"rules": [{"hosts": ["g.n"], "http": {"paths": [{}]}}]}}`

func find(t *testing.T, tb *table, url string, private bool, headers ...string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, url, http.NoBody)
	for _, h := range headers {
		r.Header.Set("Tag", h)
	}
	p, found := tb.find(r, private)
	if !found {
		return ""
	}
	return p.Splits[0].ServiceName
}

func TestMostParticularRouteOfAHostIsFound(t *testing.T) {
	tb := newTable(decode[Ingress](t, function, foreign), nil, nil)
	for _, c := range []struct {
		url, tag, want string
		private        bool
	}{
		{"http://f.n.example/", "", "one", false},
		{"http://F.N.Example:80/x", "", "one", false},
		{"http://f.n.example/", "two", "two", false},
		{"http://f.n.example/", "three", "one", false},
		{"http://f.n.example/deep/er", "two", "deep", false},
		{"http://f.n.example/", "", "one", true},
		{"http://f.n/", "", "one", true},
		{"http://f.n/", "", "", false},
		{"http://f.n.svc.cluster.local/", "", "", false},
		{"http://g.n/", "", "", true},
		{"http://unknown/", "", "", true},
	} {
		if got := find(t, tb, c.url, c.private, c.tag); got != c.want {
			t.Errorf("%s with tag %q (private: %t) goes to %q, not %q", c.url, c.tag, c.private, got, c.want)
		}
	}
}

func TestSplitsShareByPercent(t *testing.T) {
	paths := newTable(decode[Ingress](t, function), nil, nil).hosts["f.n.example"]
	count := map[string]int{}
	for n := range 100 {
		s, found := paths[len(paths)-1].pick(n)
		if !found {
			t.Fatal("no split for", n)
		}
		count[s.ServiceName]++
	}
	if diff := cmp.Diff(map[string]int{"one": 90, "two": 10}, count); diff != "" {
		t.Error(diff)
	}
}

const (
	service = `{"metadata": {"namespace": "n", "name": "one"}, "spec": {"ports": [
		{"name": "http2", "port": 80}, {"name": "other", "port": 81, "appProtocol": "kubernetes.io/h2c"}, {"name": "plain", "port": 82}]}}`
	slice = `{"metadata": {"namespace": "n", "name": "one-1", "labels": {"kubernetes.io/service-name": "one"}},
		"ports": [{"name": "http2", "port": 8013}, {"name": "plain", "port": 8012}],
		"endpoints": [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"], "conditions": {"ready": false}}, {"addresses": ["10.0.0.3"], "conditions": {"ready": true}}]}`
)

func TestBackendsAreReadyEndpointsByTheNameOfThePort(t *testing.T) {
	tb := newTable(nil, decode[Service](t, service), decode[Slice](t, slice))
	h2c := endpoints{[]string{"10.0.0.1:8013", "10.0.0.3:8013"}, true}
	plain := endpoints{[]string{"10.0.0.1:8012", "10.0.0.3:8012"}, false}
	want := map[backend]endpoints{
		{"n/one", "80"}: h2c, {"n/one", "http2"}: h2c, {"n/one", "82"}: plain, {"n/one", "plain"}: plain,
		{"n/one", "81"}: {nil, true}, {"n/one", "other"}: {nil, true},
	}
	if diff := cmp.Diff(want, tb.backends, cmp.AllowUnexported(backend{}, endpoints{})); diff != "" {
		t.Error(diff)
	}
}
