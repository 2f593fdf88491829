package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Sentinels watch a primary and its replica, and put the replica in its place when
// it has been gone for a second.
type Sentinels struct {
	// Primary and Replica are what they are at the start.
	Primary, Replica *Server
	// Watchers are three, of which two must agree.
	Watchers []*Server
}

// primaryName is what the watchers call the primary.
const primaryName = "knelt"

// StartSentinels starts all of them; args are those of primary and replica.
func StartSentinels(t testing.TB, args ...string) *Sentinels {
	t.Helper()
	s := &Sentinels{Primary: Start(t, args...)}
	host, port := split(t, s.Primary.Addr)
	s.Replica = Start(t, append([]string{"--replicaof", host + " " + port}, args...)...)
	for range 3 {
		s.Watchers = append(s.Watchers, startWatcher(t, host, port))
	}
	until(t, "the replica is in step", func() bool {
		return strings.Contains(do(t, s.Replica.Addr, "INFO", "replication"), "master_link_status:up")
	})
	for _, w := range s.Watchers {
		until(t, "a sentinel knows the others", func() bool {
			known := do(t, w.Addr, "SENTINEL", "MASTER", primaryName)
			return field(known, "num-other-sentinels") == "2" && field(known, "num-slaves") == "1"
		})
	}
	return s
}

// startWatcher starts a sentinel, which keeps what it knows in its own
// configuration.
func startWatcher(t testing.TB, host, port string) *Server {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor %[1]s %[2]s %[3]s 2\nsentinel down-after-milliseconds %[1]s 1000\nsentinel failover-timeout %[1]s 5000\n",
		primaryName, host, port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return start(t, []string{"--sentinel"}, conf)
}

// URL names all watchers, in the form of go-redis.
func (s *Sentinels) URL() string {
	url := "redis://" + s.Watchers[0].Addr + "/0?master_name=" + primaryName
	for _, w := range s.Watchers[1:] {
		url += "&addr=" + w.Addr
	}
	return url
}

// AwaitFailover waits until the replica is the primary.
func (s *Sentinels) AwaitFailover(t testing.TB) {
	t.Helper()
	until(t, "the replica's promotion", func() bool {
		return strings.Contains(do(t, s.Replica.Addr, "INFO", "replication"), "role:master")
	})
}

// field finds the line behind a name in an answer of names and values.
func field(answer, name string) string {
	lines := strings.Split(answer, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		if lines[i] == name {
			return lines[i+1]
		}
	}
	return ""
}

func split(t testing.TB, addr string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

func until(t testing.TB, what string, there func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !there(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come within %s", what, patience)
		}
	}
}
