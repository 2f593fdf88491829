package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/api"
)

// A source that reads as long as the file "go" is not there, and a destination
// that returns what it is given.
const slowSource = `#!/bin/sh
case $1 in
spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}' ;;
check) echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}' ;;
discover) echo '{"type":"CATALOG","catalog":{"streams":[{"name":"users","json_schema":{"type":"object"},"supported_sync_modes":["full_refresh","incremental"],"source_defined_cursor":true}]}}' ;;
read)
	echo "reading users"
	echo "reading on"
	echo '{"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}}'
	echo '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"id":1}}}}'
	while [ ! -e "$(dirname "$0")/go" ]; do sleep 0.1; done
	;;
esac
`

const echoing = `#!/bin/sh
case $1 in
spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"},"supported_destination_sync_modes":["append"]}}' ;;
check) echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}' ;;
write) grep --line-buffered '"type":"STATE"'; exit 0 ;;
esac
`

const served = `apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec: {connector: {command: [./source.sh]}}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake}
spec: {connector: {command: [./destination.sh]}}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: shop-to-lake}
spec: {source: shop, destination: lake}
`

// serving is a knelt serve that runs.
type serving struct {
	*desk
	dir, url string
	ended    chan int
	said     lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func startServing(t *testing.T, args ...string) *serving {
	t.Helper()
	s := &serving{desk: newDesk(), dir: t.TempDir(), ended: make(chan int, 1)}
	s.write(t, "source.sh", slowSource)
	s.write(t, "destination.sh", echoing)
	s.write(t, "shop.yaml", served)
	read, write := io.Pipe()
	s.machine.stdout, s.machine.stderr = write, &s.said
	args = append([]string{"serve", "-f", s.dir, "--home", filepath.Join(s.dir, "home"), "--listen", "127.0.0.1:0"}, args...)
	go func() {
		s.ended <- run(args, &s.machine)
		_ = write.Close() // never fails
	}()
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("it did not begin: %v; it said %s", err, &s.said)
	}
	_, url, _ := strings.Cut(strings.TrimSpace(line), " at ")
	s.url = url
	t.Cleanup(func() {
		s.write(t, "go", "")
		s.signals <- syscall.SIGTERM
	})
	return s
}

func (s *serving) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

// ask gives an answer of the API; what is asked has to be done.
func ask[T any](t *testing.T, s *serving, method, path string) T {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+api.Base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(a.Body)
	var v T
	if err != nil || a.StatusCode/100 != 2 || json.Unmarshal(text, &v) != nil {
		t.Fatalf("%s %s: %s %s (%v); it said %s", method, path, a.Status, text, err, &s.said)
	}
	return v
}

// until waits for the newest sync to have a status, and gives it.
func (s *serving) until(t *testing.T, status api.Status) api.SyncRow {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		page := ask[api.Page[api.SyncRow]](t, s, http.MethodGet, "/connections/-/shop-to-lake/syncs?limit=1")
		if len(page.Items) == 1 && page.Items[0].Status == status && (status != api.Running || page.Items[0].Records > 0) {
			return page.Items[0]
		}
		if time.Now().After(deadline) {
			t.Fatalf("no sync is %s: %+v; it said %s", status, page.Items, &s.said)
		}
	}
}

func (s *serving) endsWith(t *testing.T, code int) {
	t.Helper()
	select {
	case got := <-s.ended:
		if got != code {
			t.Errorf("exit code %d, not %d; it said %s", got, code, &s.said)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("it does not end; it said %s", &s.said)
	}
}

func TestServeRunsASyncThatIsAskedForAndShowsHowItGoes(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	accepted := ask[api.Accepted](t, s, http.MethodPost, "/connections/-/shop-to-lake/syncs")
	if r := s.until(t, api.Running); r.Records != 1 || !r.Due.Equal(accepted.Due) {
		t.Errorf("%+v", r)
	}
	s.write(t, "go", "")
	if r := s.until(t, api.Succeeded); r.ID != 1 || r.Records != 1 {
		t.Errorf("%+v", r)
	}
	if lines := ask[api.LogPage](t, s, http.MethodGet, "/connections/-/shop-to-lake/syncs/1/logs"); len(lines.Items) == 0 {
		t.Error("there is no log")
	}
}

func TestServeEndsARunningSyncGently(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	ask[api.Accepted](t, s, http.MethodPost, "/connections/-/shop-to-lake/syncs")
	s.until(t, api.Running)
	s.signals <- syscall.SIGTERM
	s.endsWith(t, 0)
	d := newDesk()
	d.run(t, 0, "syncs", "-f", s.dir, "--home", filepath.Join(s.dir, "home"))
	if !strings.Contains(d.out.String(), "cancelled") {
		t.Errorf("%s", &d.out)
	}
	d = newDesk()
	d.run(t, 0, "state", "show", "-f", s.dir, "--home", filepath.Join(s.dir, "home"))
	if !strings.Contains(d.out.String(), `"id": 1`) {
		t.Errorf("what was committed is not kept: %s", &d.out)
	}
}

func TestASyncIsCancelledThroughServe(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	ask[api.Accepted](t, s, http.MethodPost, "/connections/-/shop-to-lake/syncs")
	s.until(t, api.Running)
	ask[api.Sync](t, s, http.MethodPost, "/connections/-/shop-to-lake/syncs/1/cancel")
	s.until(t, api.Cancelled)
}

func TestServeReadsFilesAgainAndKeepsWhatAMistakeWouldTake(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	names := func() string {
		var all []string
		for _, c := range ask[api.Page[api.Connection]](t, s, http.MethodGet, "/connections").Items {
			all = append(all, c.Name+":"+c.Destination+":"+fmt.Sprint(c.Problem != ""))
		}
		return strings.Join(all, " ")
	}
	becomes := func(want string) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); names() != want; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s, want %s; it said %s", names(), want, &s.said)
			}
		}
	}
	becomes("shop-to-lake:lake:false")
	more := "apiVersion: knelt.dev/v1alpha1\nkind: Connection\nmetadata: {name: more}\nspec: {source: shop, destination: pond}\n"
	s.write(t, "more.yaml", more)
	becomes("more:pond:true shop-to-lake:lake:false")
	s.write(t, "more.yaml", strings.Replace(more, "pond", "lake", 1))
	becomes("more:lake:false shop-to-lake:lake:false")
	s.write(t, "more.yaml", strings.Replace(more, "source:", "sauce:", 1))
	becomes("more:lake:true shop-to-lake:lake:false")
	if err := os.Remove(filepath.Join(s.dir, "more.yaml")); err != nil {
		t.Fatal(err)
	}
	becomes("shop-to-lake:lake:false")
}

func TestServeIsNotOpenToEverybody(t *testing.T) {
	t.Parallel()
	d := newDesk()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.yaml"), []byte(served), 0o600); err != nil {
		t.Fatal(err)
	}
	d.run(t, 2, "serve", "-f", dir, "--home", filepath.Join(dir, "home"), "--listen", "0.0.0.0:0")
	if !strings.Contains(d.err.String(), "--token-file") {
		t.Errorf("%s", &d.err)
	}
	file := filepath.Join(dir, "tokens")
	made := newDesk()
	made.run(t, 0, "token", "new", "--scope", "run", "--name", "ci", "--add-to", file)
	kept, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(kept), "ci run sha256:") || strings.Contains(string(kept), strings.TrimSpace(made.out.String())) {
		t.Errorf("%s %v", kept, err)
	}
	s := startServing(t, "--token-file", file)
	for token, want := range map[string]int{"": 401, strings.TrimSpace(made.out.String()): 200, "x": 401} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+api.Base+"/connections", nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if a.StatusCode != want {
			t.Errorf("%d, want %d", a.StatusCode, want)
		}
		if err := a.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}
