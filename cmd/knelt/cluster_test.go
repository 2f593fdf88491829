package main

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kubeconfigOf stands an API server before a function: what passes through loses
// its Authorization, as it does there. It gives the kubeconfig.
func kubeconfigOf(t *testing.T, function, behind string) string {
	t.Helper()
	to, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Header.Del("Authorization")
	}}
	mux := http.NewServeMux()
	mux.Handle("/api/v1/namespaces/knative-serving/services/http:activator-service:80/proxy/",
		http.StripPrefix("/api/v1/namespaces/knative-serving/services/http:activator-service:80/proxy", proxy))
	mux.HandleFunc("GET /apis/serving.knative.dev/v1/namespaces/knelt-system/services/"+function, func(w http.ResponseWriter, _ *http.Request) {
		if _, err := io.WriteString(w, `{"status":{"latestReadyRevisionName":"r-1"}}`); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer of-the-cluster" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	authority := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	file := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf(`{apiVersion: v1, kind: Config, clusters: [{name: c, cluster: {server: %q, certificate-authority-data: %s}}],
		users: [{name: u, user: {token: of-the-cluster}}], contexts: [{name: this, context: {cluster: c, user: u}}]}`, server.URL, authority)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestAServerIsReachedThroughTheKubeconfigsCluster with a token of its own, also
// by streams.
func TestAServerIsReachedThroughTheKubeconfigsCluster(t *testing.T) {
	t.Parallel()
	tokens := filepath.Join(t.TempDir(), "tokens")
	made := newDesk()
	made.run(t, 0, "token", "new", "--scope", "run", "--name", "ci", "--add-to", tokens)
	s := startServing(t, "--token-file", tokens)
	s.write(t, "go", "")
	file := kubeconfigOf(t, "knelt-scheduler", s.url)
	through := func(want int, env map[string]string, args ...string) string {
		t.Helper()
		d := newDesk()
		d.getenv = func(name string) string { return env[name] }
		d.run(t, want, append(args, "--kubeconfig", file, "--context", "this")...)
		return d.out.String() + d.err.String()
	}
	known := map[string]string{"KNELT_TOKEN": strings.TrimSpace(made.out.String())}
	holds(t, through(0, known, "connections"), "shop-to-lake")
	holds(t, through(2, nil, "connections", "--server", "kube:"), "send a token")
	holds(t, through(0, known, "sync", "--server", "kube:knelt-system"), "sync 1-1 succeeded")
	holds(t, through(0, known, "logs", "--follow"), "the sync ended: succeeded")
	holds(t, through(0, known, "syncs", "1"), "knelt logs --kubeconfig "+file+" --context this shop-to-lake 1-1")
	known["KNELT_SERVER"] = "http://127.0.0.1:1"
	holds(t, through(0, known, "state", "show"), `"id": 1`) // what is said by flags counts more
	holds(t, through(2, known, "connections", "--server", "kube:elsewhere"), "no Knative Service knelt-scheduler in the namespace elsewhere")
}

func TestAFunctionIsAskedThroughTheKubeconfigsCluster(t *testing.T) {
	t.Parallel()
	function := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := io.WriteString(w, `{"status":"SUCCEEDED"}`); err != nil {
			t.Error(err)
		}
	}))
	defer function.Close()
	file := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(file, []byte(served), 0o600); err != nil {
		t.Fatal(err)
	}
	config := kubeconfigOf(t, "knelt-check", function.URL)
	for _, remote := range []string{"--remote=kube:", "--remote"} {
		d := newDesk()
		d.run(t, 0, "check", "-f", file, remote, "--kubeconfig", config, "--context", "this")
		holds(t, d.out.String(), "source/shop       succeeded")
	}
}

func TestAClusterIsNamedAsAServerOrNotAtAll(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"connections", "--server", "http://a", "--context", "this"},
		{"connections", "--server", "kube:a/b"},
		{"connections", "--kubeconfig", "/nowhere"},
		{"syncs", "-f", "x", "--context", "this"},
		{"check", "--remote=http://a", "--context", "this"},
	} {
		newDesk().run(t, 2, args...)
	}
}
