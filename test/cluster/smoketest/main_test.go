// Package smoketest proves that a cluster does what tests of others rest on. It
// runs in the cluster's network: make cluster-test.
package smoketest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const patience = 3 * time.Minute

// command runs a program that nsenter has put on the PATH.
func command(t *testing.T, input string, words ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	cmd.Stdin = strings.NewReader(input)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", strings.Join(words, " "), err, errs.Bytes())
	}
	return strings.TrimSpace(string(out)), err
}

func must(t *testing.T, words ...string) string {
	t.Helper()
	out, err := command(t, "", words...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// namespace makes one with a new name, and removes it when the test ends.
type namespace string

func newNamespace(t *testing.T) namespace {
	t.Helper()
	ns := namespace(fmt.Sprintf("smoke-%s-%d", strings.ToLower(strings.TrimPrefix(t.Name(), "Test"))[:8], time.Now().UnixNano()%1e9))
	must(t, "kubectl", "create", "namespace", string(ns))
	t.Cleanup(func() {
		if out, err := exec.Command("kubectl", "delete", "namespace", string(ns), "--wait=false").CombinedOutput(); err != nil {
			t.Errorf("removing the namespace: %v: %s", err, out)
		}
	})
	return ns
}

func (ns namespace) kubectl(t *testing.T, words ...string) string {
	t.Helper()
	return must(t, append([]string{"kubectl", "-n", string(ns)}, words...)...)
}

// apply applies a file of testdata, with the images of the module that this is in.
func (ns namespace) apply(t *testing.T, file string) {
	t.Helper()
	must(t, "cluster", "apply", "-n", string(ns), "testdata/"+file)
}

func (ns namespace) ready(t *testing.T, what string) {
	t.Helper()
	ns.kubectl(t, "wait", "--for=condition=Ready", "--timeout=180s", what)
}

// pods are the names of the pods with a label.
func (ns namespace) pods(t *testing.T, label string) []string {
	t.Helper()
	return strings.Fields(ns.kubectl(t, "get", "pods", "-l", label, "-o", "jsonpath={.items[*].metadata.name}"))
}

// eventually asks until it is answered with true.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(200 * time.Millisecond) {
		if ask() {
			t.Logf("%s after %.1f s", what, time.Since(begin).Seconds())
			return
		}
	}
	t.Fatalf("not within %v: %s", patience, what)
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, request)
}

// post sends a CloudEvent.
func post(t *testing.T, url, id, data string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": id, "Ce-Type": "dev.knelt.test", "Ce-Source": "/smoketest", "Content-Type": "application/json",
	} {
		request.Header.Set(name, value)
	}
	send(t, request)
}

func send(t *testing.T, request *http.Request) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %v: %s", request.Method, request.URL, answer.Status, err, body)
	}
	return string(body)
}

// received are the ids of the events that the function has got.
func (ns namespace) received(t *testing.T) (ids []string) {
	t.Helper()
	if err := json.Unmarshal([]byte(get(t, "http://receiver."+string(ns)+".knelt.test/events")), &ids); err != nil {
		t.Fatal(err)
	}
	return ids
}
