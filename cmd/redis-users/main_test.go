package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"knelt.dev/pkg/store/redis"
	"knelt.dev/test/redistest"
)

const (
	engineSecret = "/api/v1/namespaces/knelt-system/secrets/knelt-store"
	bridgeSecret = "/api/v1/namespaces/knelt-connectors/secrets/knelt-bridge-store"
)

// cluster is as much of an API server as there are rights: it gets and updates
// the Secrets that exist, and refuses an update of an old version.
type cluster struct {
	t       *testing.T
	mu      sync.Mutex
	objects map[string]map[string]any
	version int
	// before is called before an update.
	before func(path string)
	env    map[string]string
	log    bytes.Buffer
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, objects: map[string]map[string]any{}}
	for _, path := range []string{engineSecret, bridgeSecret} {
		c.put(path, map[string]any{"kind": "Secret", "metadata": map[string]any{"labels": map[string]any{"a": "b"}}, "type": "Opaque"})
	}
	server := httptest.NewTLSServer(c)
	t.Cleanup(server.Close)
	host, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, data := range map[string][]byte{"ca.crt": ca, "token": []byte("t0ken\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.env = map[string]string{
		"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port, "KNELT_ACCOUNT_DIR": dir,
		"KNELT_REDIS_ADDRESS": "redis.svc:6379", "KNELT_ACL_FILE": filepath.Join(dir, "users.acl"),
		"KNELT_ENGINE_SECRET": "knelt-system/knelt-store", "KNELT_BRIDGE_SECRET": "knelt-connectors/knelt-bridge-store",
	}
	return c
}

func (c *cluster) put(path string, object map[string]any) {
	c.version++
	object["metadata"].(map[string]any)["resourceVersion"] = strconv.Itoa(c.version)
	c.objects[path] = object
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, found := c.objects[r.URL.Path]
	switch {
	case r.Header.Get("Authorization") != "Bearer t0ken":
		c.refuse(w, http.StatusUnauthorized)
		return
	case !found:
		c.refuse(w, http.StatusNotFound)
		return
	case r.Method == http.MethodPut:
		if c.before != nil {
			c.before(r.URL.Path)
			now = c.objects[r.URL.Path]
		}
		var next map[string]any
		if err := json.NewDecoder(r.Body).Decode(&next); err != nil {
			c.t.Error(err)
		}
		if next["metadata"].(map[string]any)["resourceVersion"] != now["metadata"].(map[string]any)["resourceVersion"] {
			c.refuse(w, http.StatusConflict)
			return
		}
		c.put(r.URL.Path, next)
		now = next
	}
	if err := json.NewEncoder(w).Encode(now); err != nil {
		c.t.Error(err)
	}
}

func (c *cluster) refuse(w http.ResponseWriter, code int) {
	w.WriteHeader(code)
	_, _ = fmt.Fprintf(w, `{"kind":"Status","message":%q}`, "no: "+http.StatusText(code))
}

func (c *cluster) run() error {
	return run(context.Background(), func(name string) string { return c.env[name] }, slog.New(slog.NewJSONHandler(&c.log, nil)))
}

func (c *cluster) mustRun() {
	c.t.Helper()
	if err := c.run(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) url(path string) string {
	c.t.Helper()
	data, _ := c.objects[path]["data"].(map[string]any)
	text, _ := data["url"].(string)
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

func (c *cluster) setURL(path, url string) {
	c.objects[path]["data"] = map[string]any{"url": base64.StdEncoding.EncodeToString([]byte(url))}
}

func (c *cluster) file() string {
	c.t.Helper()
	b, err := os.ReadFile(c.env["KNELT_ACL_FILE"])
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

func TestUsersThatWereMadeCanConnect(t *testing.T) {
	c := newCluster(t)
	c.mustRun()
	server := redistest.Start(t, "--aclfile", c.env["KNELT_ACL_FILE"])
	engine := connect(t, c.url(engineSecret), server)
	bridge := connect(t, c.url(bridgeSecret), server)
	if _, err := engine.Acquire(t.Context(), "shop", "me", time.Hour); err != nil {
		t.Error(err)
	}
	if info, held, err := bridge.LeaseOf(t.Context(), "shop"); err != nil || !held || info.Holder != "me" {
		t.Errorf("the bridge sees %+v, %v (error %v)", info, held, err)
	}
	if _, err := bridge.Checkpoint(t.Context(), "shop"); err == nil || !strings.Contains(err.Error(), "NOPERM") {
		t.Errorf("a bridge reads a checkpoint: error %v", err)
	}
	if c.objects[engineSecret]["metadata"].(map[string]any)["labels"] == nil {
		t.Error("the Secret's labels are lost")
	}
}

// connect opens the address of a Secret, at the place where the test's server is.
func connect(t *testing.T, url string, server *redistest.Server) *redis.Store {
	t.Helper()
	if !strings.HasSuffix(url, "@redis.svc:6379/0") {
		t.Fatal("the address in the Secret is not the server's")
	}
	s, err := redis.Open(t.Context(), strings.Replace(url, "redis.svc:6379", server.Addr, 1), redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestWhatIsThereStays(t *testing.T) {
	c := newCluster(t)
	c.mustRun()
	engine, file, version := c.url(engineSecret), c.file(), c.version
	c.mustRun()
	if c.url(engineSecret) != engine || c.file() != file || c.version != version {
		t.Error("a second run changed something")
	}
	delete(c.objects[bridgeSecret], "data")
	c.mustRun()
	if c.url(engineSecret) != engine || c.file() == file || c.url(bridgeSecret) == "" {
		t.Error("one lost password is not made anew, or the other one was")
	}
}

// TestTwoAtATimeAgree: whoever comes second takes what the first wrote.
func TestTwoAtATimeAgree(t *testing.T) {
	c := newCluster(t)
	c.before = func(path string) {
		c.before = nil
		c.setURL(path, "redis://engine:theirs@redis.svc:6379/0")
		c.put(path, c.objects[path])
	}
	c.mustRun()
	if got := c.url(engineSecret); got != "redis://engine:theirs@redis.svc:6379/0" {
		t.Errorf("the Secret has %q", got)
	}
	server := redistest.Start(t, "--aclfile", c.env["KNELT_ACL_FILE"])
	connect(t, c.url(engineSecret), server)
}

func TestSecretsThatAreNotThisServersAreLeftAlone(t *testing.T) {
	for url, want := range map[string]string{
		"redis://engine:hunter2@other.svc:6379/0": "another Redis",
		"redis://root:hunter2@redis.svc:6379/0":   "the user engine",
		"redis://engine@redis.svc:6379/0":         "the user engine",
		"redis://engine:@redis.svc:6379/0":        "the user engine",
		"redis://engine:hunter2%zz@redis.svc:1":   "no URL",
	} {
		c := newCluster(t)
		c.setURL(engineSecret, url)
		err := c.run()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %v, want %q and no password", url, err, want)
		}
		if c.url(engineSecret) != url {
			t.Errorf("%s: was changed", url)
		}
		if _, err := os.Stat(c.env["KNELT_ACL_FILE"]); err == nil {
			t.Errorf("%s: there is an ACL file", url)
		}
	}
}

func TestWhatIsWrongIsTold(t *testing.T) {
	for want, spoil := range map[string]func(*cluster){
		"404: no: Not Found":       func(c *cluster) { delete(c.objects, bridgeSecret) },
		"401: no: Unauthorized":    func(c *cluster) { c.write("token", "other") },
		"no certificate":           func(c *cluster) { c.write("ca.crt", "none") },
		"unknown authority":        func(c *cluster) { c.write("ca.crt", stranger(c.t)) },
		"NAMESPACE/NAME":           func(c *cluster) { c.env["KNELT_BRIDGE_SECRET"] = "knelt-bridge-store" },
		"KNELT_REDIS_ADDRESS":      func(c *cluster) { c.env["KNELT_REDIS_ADDRESS"] = "" },
		"no pod of Kubernetes":     func(c *cluster) { c.env["KUBERNETES_SERVICE_HOST"] = "" },
		"writing the ACL file":     func(c *cluster) { c.env["KNELT_ACL_FILE"] = filepath.Join(c.t.TempDir(), "no", "file") },
		"service account's token:": func(c *cluster) { _ = os.Remove(filepath.Join(c.env["KNELT_ACCOUNT_DIR"], "token")) },
	} {
		c := newCluster(t)
		spoil(c)
		if err := c.run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func (c *cluster) write(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.env["KNELT_ACCOUNT_DIR"], name), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// stranger is a certificate that has signed nothing of ours.
func stranger(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestNoPasswordIsInTheLogOrTheFile(t *testing.T) {
	c := newCluster(t)
	c.mustRun()
	logged, err := io.ReadAll(&c.log)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{engineSecret, bridgeSecret} {
		_, after, _ := strings.Cut(c.url(path), ":")
		_, password, _ := strings.Cut(after, ":")
		password, _, _ = strings.Cut(password, "@")
		if len(password) < 20 {
			t.Fatalf("a password of %d characters", len(password))
		}
		if strings.Contains(string(logged), password) || strings.Contains(c.file(), password) {
			t.Error("the password is in the log or the ACL file")
		}
	}
	info, err := os.Stat(c.env["KNELT_ACL_FILE"])
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the ACL file has the mode %v (error %v)", info.Mode(), err)
	}
}
