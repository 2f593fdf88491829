package cluster_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/client"
	"knelt.dev/pkg/api/client/cluster"
)

const service = `{"status": {"latestReadyRevisionName": "knelt-scheduler-00003", "traffic": [
	{"revisionName": "knelt-scheduler-00001", "percent": 10}, {"revisionName": "knelt-scheduler-00002", "percent": 90}, {"revisionName": "knelt-scheduler-00003", "tag": "next"}]}}`

// apiServer is what an API server does to requests that pass through: it takes
// Authorization for its own, and away.
type apiServer struct {
	t        *testing.T
	service  string
	behind   http.HandlerFunc
	services int // how often the Service was asked for
	seen     []*http.Request
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer of-the-cluster" {
		refuse(w, http.StatusUnauthorized, "Unauthorized")
		return
	}
	r.Header.Del("Authorization")
	const proxied = "/prefix/api/v1/namespaces/knative-serving/services/http:activator-service:80/proxy"
	if path, is := strings.CutPrefix(r.URL.EscapedPath(), proxied); is {
		s.seen = append(s.seen, r)
		r.URL.Path = path
		s.behind(w, r)
		return
	}
	if r.URL.Path != "/prefix/apis/serving.knative.dev/v1/namespaces/knelt-system/services/knelt-scheduler" {
		refuse(w, http.StatusNotFound, "the server could not find the requested resource")
		return
	}
	s.services++
	say(s.t, w, s.service)
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":%q,"code":%d}`, message, status)
}

func say(t *testing.T, w io.Writer, text string) {
	if _, err := io.WriteString(w, text); err != nil {
		t.Error(err)
	}
}

// reach gives a client of an installation behind the API server.
func reach(t *testing.T, s *apiServer, namespace string) *client.Client {
	t.Helper()
	s.t = t
	if s.service == "" {
		s.service = service
	}
	server := httptest.NewTLSServer(s) // a kubeconfig's token is sent by TLS alone
	t.Cleanup(server.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	file := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: other,
		clusters: [{name: c, cluster: {server: "%s/prefix", certificate-authority-data: %s}}], users: [{name: u, user: {token: of-the-cluster}}, {name: nobody, user: {}}],
		contexts: [{name: this, context: {cluster: c, user: u}}, {name: other, context: {cluster: c, user: nobody}}]}`, server.URL, base64.StdEncoding.EncodeToString(authority))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Open(cluster.Named{Kubeconfig: file, Context: "this"})
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.New("http://knelt-scheduler."+namespace, "of-knelt")
	if err != nil {
		t.Fatal(err)
	}
	return made.Through(c.Function(namespace, "knelt-scheduler"))
}

// TestRequestsReachTheRevisionThatHasTheTraffic, with both tokens, and what was
// asked.
func TestRequestsReachTheRevisionThatHasTheTraffic(t *testing.T) {
	s := &apiServer{}
	s.behind = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "limit=7" || r.URL.Path != api.Base+"/connections/a/b%20c/syncs" {
			t.Errorf("%s?%s", r.URL.Path, r.URL.RawQuery)
		}
		for name, want := range map[string]string{
			api.TokenHeader: "Bearer of-knelt", "Knative-Serving-Namespace": "knelt-system", "Knative-Serving-Revision": "knelt-scheduler-00002",
		} {
			if got := r.Header.Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		say(t, w, `{"items":[{"id":3}]}`)
	}
	c := reach(t, s, "knelt-system")
	for range 2 {
		for row, err := range c.Syncs(t.Context(), events.Ref{Namespace: "a", Name: "b c"}, 7) {
			if err != nil || row.ID != 3 {
				t.Fatal(row, err)
			}
		}
	}
	if s.services != 1 || len(s.seen) != 2 {
		t.Errorf("the Service was asked for %d times in %d requests", s.services, len(s.seen))
	}
}

func TestBodiesArrive(t *testing.T) {
	s := &apiServer{}
	s.behind = func(w http.ResponseWriter, r *http.Request) {
		var wish api.SyncWish
		if err := json.NewDecoder(r.Body).Decode(&wish); err != nil || wish.Kind != api.KindReset {
			t.Error(wish, err)
		}
		w.WriteHeader(http.StatusAccepted)
		say(t, w, `{"run":"r"}`)
	}
	a, err := reach(t, s, "knelt-system").StartSync(t.Context(), events.Ref{Name: "x"}, api.SyncWish{Kind: api.KindReset})
	if err != nil || a.Run != "r" {
		t.Error(a, err)
	}
}

// TestWhatIsInTheWayIsTold in words, and whether it is Knelt or the API server.
func TestWhatIsInTheWayIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		namespace, service string
		behind             http.HandlerFunc
		want               []string
	}{
		"no installation": {"elsewhere", "", nil, []string{"no Knative Service knelt-scheduler in the namespace elsewhere", "kube:NAMESPACE"}},
		"not ready": {
			"knelt-system", `{"status":{"conditions":[{"type":"Ready","message":"Revision is missing"}]}}`, nil,
			[]string{"not ready: Revision is missing"},
		},
		"forbidden": {
			"knelt-system", "",
			func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusForbidden, "services is forbidden") },
			[]string{"API server: services is forbidden"},
		},
		"Knelt's own": {
			"knelt-system", "",
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, `{"title":"It is not known who asks","detail":"the token is not known"}`)
			},
			[]string{"the token is not known"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := reach(t, &apiServer{service: c.service, behind: c.behind}, c.namespace).Version(t.Context())
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %q", err, want)
				}
			}
		})
	}
}

// TestARevisionThatIsGoneIsAskedForAgain: a long stream outlives a release.
func TestARevisionThatIsGoneIsAskedForAgain(t *testing.T) {
	s := &apiServer{behind: func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `Error getting active endpoint: revision.serving.knative.dev "knelt-scheduler-00002" not found`, http.StatusNotFound)
	}}
	c := reach(t, s, "knelt-system")
	for range 2 {
		if _, err := c.Version(t.Context()); err == nil {
			t.Error("a revision that is gone answered")
		}
	}
	if s.services != 2 {
		t.Errorf("the Service was asked for %d times", s.services)
	}
}

func TestAKubeconfigThatIsNotThereIsTold(t *testing.T) {
	if _, err := cluster.Open(cluster.Named{Kubeconfig: "/nowhere"}); err == nil || !strings.Contains(err.Error(), "/nowhere") {
		t.Error(err)
	}
}
