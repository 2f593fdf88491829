package redistest

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Cluster is a Redis Cluster of three masters.
type Cluster struct {
	Servers []*Server
}

// slots are the shares of the three masters.
var slots = [][2]string{{"0", "5460"}, {"5461", "10922"}, {"10923", "16383"}}

// StartCluster starts the servers and makes one cluster of them.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{}
	for i := range slots {
		bus := strconv.Itoa(freePort(t)) // the usual port+10000 may not exist
		s := Start(t, "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "15000")
		c.Servers = append(c.Servers, s)
		do(t, s.Addr, "CLUSTER", "ADDSLOTSRANGE", slots[i][0], slots[i][1])
		do(t, s.Addr, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		if i > 0 {
			host, port, err := net.SplitHostPort(s.Addr)
			if err != nil {
				t.Fatal(err)
			}
			do(t, c.Servers[0].Addr, "CLUSTER", "MEET", host, port, bus)
		}
	}
	for _, s := range c.Servers {
		c.await(t, s)
	}
	return c
}

// URL names all servers, in the form of go-redis: redis://A?addr=B&addr=C.
func (c *Cluster) URL() string {
	url := "redis://" + c.Servers[0].Addr + "?addr="
	for _, s := range c.Servers[1:] {
		url += s.Addr + "&addr="
	}
	return strings.TrimSuffix(url, "&addr=")
}

// await waits until a server knows all masters and calls the cluster whole.
func (c *Cluster) await(t testing.TB, s *Server) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		info := do(t, s.Addr, "CLUSTER", "INFO")
		if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the Redis Cluster is not whole after %s:\n%s", patience, info)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func do(t testing.TB, addr string, args ...string) string {
	t.Helper()
	answer, err := Do(addr, args...)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return answer
}
