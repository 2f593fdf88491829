package knative

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// TestSecretsAreNowhere but in the Secret where their owner put them: not in
// etcd, a log, an event, the store, or the environment and arguments of a
// process, while the connectors that were given them run and afterwards.
func TestSecretsAreNowhere(t *testing.T) {
	const users = 900
	s := newSync(t, faker{Users: users, Rate: 3 * users / 15.0}, "")
	if status, body := answer(t, "check", text(s.docs.Source)); status != http.StatusOK {
		t.Fatalf("the check says %d %s", status, body)
	}
	post(t, s.request())
	s.running()
	look := func(when string) {
		t.Helper()
		looked := 0
		search := func(where string, in []byte) {
			looked++
			for _, secret := range []string{marked, "sesame"} {
				if bytes.Contains(in, []byte(secret)) {
					t.Errorf("%s: %s has %q", when, where, secret)
				}
			}
		}
		inEtcd(t, search)
		inLogs(t, search)
		inProcesses(t, search)
		inStore(t, search)
		for _, e := range heard.of(s.name) {
			search("event "+e.ID(), e.Data())
		}
		t.Logf("%s: %d places were searched", when, looked)
	}
	look("in the middle")
	s.finishes(users, time.Minute)
	look("at the end")
}

// inEtcd gives every key but the Secret of the tests.
func inEtcd(t *testing.T, search func(string, []byte)) {
	t.Helper()
	r, err := http.Post("http://127.0.0.1:2379/v3/kv/range", "application/json", strings.NewReader(`{"key":"AA==","range_end":"AA=="}`))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close() //nolint:errcheck // it was only read
	var all struct {
		KVs []struct{ Key, Value []byte }
	}
	if err := json.NewDecoder(r.Body).Decode(&all); err != nil || len(all.KVs) < 100 {
		t.Fatalf("etcd gave %d keys, %v", len(all.KVs), err)
	}
	own := 0
	for _, kv := range all.KVs {
		if string(kv.Key) == "/registry/secrets/"+connectors+"/tests" {
			own++
			continue
		}
		search("etcd's "+string(kv.Key), kv.Value)
	}
	if own != 1 {
		t.Errorf("the Secret itself was found %d times: is this the cluster's etcd?", own)
	}
}

// inLogs gives what the containers of both namespaces have said.
func inLogs(t *testing.T, search func(string, []byte)) {
	t.Helper()
	for _, namespace := range []string{system, connectors} {
		for _, p := range pods(t, namespace, "") {
			for _, c := range append(p.Spec.InitContainers, p.Spec.Containers...) {
				log, err := kube.CoreV1().Pods(namespace).GetLogs(p.Name, &corev1.PodLogOptions{Container: c.Name}).DoRaw(context.Background())
				if err == nil { // else it has not begun, or is gone
					search("the log of "+p.Name+"/"+c.Name, log)
				}
			}
		}
	}
}

// inProcesses gives the environment and arguments of every process in the pods
// of both namespaces, and of this machine's others.
func inProcesses(t *testing.T, search func(string, []byte)) {
	t.Helper()
	all := append(pods(t, system, ""), pods(t, connectors, "")...)
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, folder := range folders {
		if !inPods(folder, all) {
			continue
		}
		seen++
		for _, file := range []string{"environ", "cmdline"} {
			if text, err := os.ReadFile(filepath.Join(folder, file)); err == nil { // else it has ended
				search(filepath.Join(folder, file), text)
			}
		}
	}
	if seen < 4 {
		t.Errorf("only %d processes were found", seen)
	}
}

// inStore gives the files of Redis.
func inStore(t *testing.T, search func(string, []byte)) {
	t.Helper()
	pids := processes(t, "redis-server", pods(t, system, "app.kubernetes.io/name=knelt-redis"))
	if len(pids) != 1 {
		t.Fatalf("%d processes of Redis", len(pids))
	}
	files := 0
	err := filepath.WalkDir(fmt.Sprintf("/proc/%d/root/data", pids[0]), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		files++
		search(path, text)
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files of Redis, %v", files, err)
	}
}
