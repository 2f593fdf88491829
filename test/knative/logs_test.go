package knative

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/token"
)

// TestLogsOfSyncsAreInABucket of a real S3 server: the sync function writes them
// there, and the control plane shows them while the sync runs, and after it.
func TestLogsOfSyncsAreInABucket(t *testing.T) {
	const users = 900
	data := bucket(t)
	secret := admitted(t)
	restarted(t, "scheduler", "sync")
	t.Cleanup(func() { restarted(t, "scheduler", "sync") })

	s := newSyncOf(t, recipe{config: faker{Users: users, Rate: 3 * users / 30.0}.config()})
	s.apply()
	tick(t)
	path := "/api/v1/connections/" + connectors + "/" + s.name
	if status, body := call(t, http.MethodPost, path+"/syncs", secret, "{}"); status != http.StatusAccepted {
		t.Fatalf("a sync now: %d %s", status, body)
	}
	eventually(t, "the first row", time.Minute, func() bool { n, _ := s.rows(); return n > 0 })
	followed := s.follow(path+"/syncs/1/logs/follow", secret)
	eventually(t, "the result", 2*time.Minute, func() bool { return heard.count(s.subject(), events.SyncSucceeded) > 0 })
	s.exact(users)
	all := <-followed
	if all.before < 2 || all.end != "succeeded" {
		t.Errorf("a follower saw %d lines, %d of them before the end, and the end %q", all.lines, all.before, all.end)
	}
	page := s.page(path+"/syncs/1/logs?limit=500", secret)
	if len(page.Items) != all.lines {
		t.Errorf("the log has %d lines, a follower saw %d", len(page.Items), all.lines)
	}
	tail := s.page(path+"/syncs/1/logs?offset=-2&limit=2", secret)
	if n := len(page.Items); len(tail.Items) != 2 || tail.Offset != n-2 || text(tail.Items[1]) != text(page.Items[n-1]) {
		t.Errorf("the last two lines are %v of\n%v", tail, page)
	}
	for _, e := range s.page(path+"/syncs/1/logs?origin=source", secret).Items {
		if e.Origin != "source" {
			t.Errorf("a line of the source is %v", e)
		}
	}
	objects, err := filepath.Glob(filepath.Join(data, "logs", "knelt", connectors, s.name, "*", "*", "*.jsonl"))
	if err != nil || len(objects) < 2 {
		t.Errorf("the bucket has %v, %v", objects, err)
	}
}

// bucket starts an S3 server with the bucket "logs", points functions at it, and
// gives the server's folder.
func bucket(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(nodeAddress(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	const access, key = "knelt", "a-secret-of-the-tests"
	gateway := exec.CommandContext(context.Background(), program("versitygw"), "--quiet", "--port", address, "--health", "/healthz", "posix", "--nometa", folder)
	gateway.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+access, "ROOT_SECRET_KEY="+key)
	gateway.Stderr = os.Stderr
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gateway.Process.Kill(); _ = gateway.Wait() })
	eventually(t, "the S3 server", 30*time.Second, func() bool {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
	secret(t, "knelt-logs", map[string]string{
		"KNELT_LOGS":        "s3://logs?region=us-east-1&use_path_style=true&prefix=knelt/&endpoint=http://" + address,
		"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": key, "KNELT_LOGS_FLUSH": "500ms",
	})
	return folder
}

// secret makes a Secret of the functions for the time of the test.
func secret(t *testing.T, name string, data map[string]string) {
	t.Helper()
	all := kube.CoreV1().Secrets(system)
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: data}
	if _, err := all.Create(t.Context(), s, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = all.Delete(context.Background(), name, metav1.DeleteOptions{}) })
}

// admitted lets in whoever has the token. A pod that runs notices it after a
// while, one that starts at once.
func admitted(t *testing.T) string {
	t.Helper()
	plain, line, err := token.New("tests", api.Run, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	secret(t, "knelt-api", map[string]string{"tokens": line.String() + "\n"})
	return plain
}

// following is what a follower of a log saw.
type following struct {
	lines, before int // before: while the sync ran
	end           string
}

// follow follows a log to its end.
func (s *moving) follow(path, secret string) <-chan following {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, control+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	answer, err := http.DefaultClient.Do(r) //nolint:bodyclose // its reader closes it
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatalf("following the log: %v, %v", answer, err)
	}
	seen := make(chan following, 1)
	go func() {
		defer answer.Body.Close() //nolint:errcheck // it was only read
		var f following
		var event string
		lines := bufio.NewScanner(answer.Body)
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case field == "event":
				event = value
			case field == "data" && event == "line":
				f.lines++
				if heard.count(s.subject(), events.SyncSucceeded) == 0 {
					f.before++
				}
			case field == "data" && event == "end":
				var end api.End
				_ = json.Unmarshal([]byte(value), &end) // else it has no status
				f.end = string(end.Status)
			}
		}
		seen <- f
	}()
	return seen
}

func (s *moving) page(path, secret string) (page api.LogPage) {
	s.t.Helper()
	status, body := call(s.t, http.MethodGet, path, secret, "")
	if err := json.Unmarshal([]byte(body), &page); err != nil || status != http.StatusOK || len(page.Items) == 0 {
		s.t.Fatal(fmt.Errorf("%s answers %d %s (%w)", path, status, body, err))
	}
	return page
}
