package redis

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// connection is the one of the tests here.
const connection = "shop"

// helper is a process of this program that plays a role. It writes a line to its
// standard output for each thing that is done.
type helper struct {
	cmd   *exec.Cmd
	input io.Writer
	lines *bufio.Scanner
}

func start(t *testing.T, role, url string) *helper {
	t.Helper()
	h := &helper{cmd: exec.Command(os.Args[0])}
	h.cmd.Env = append(os.Environ(), "REDIS_TEST_ROLE="+role, "REDIS_TEST_URL="+url)
	h.cmd.Stderr = os.Stderr
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	h.lines = bufio.NewScanner(out)
	if h.input, err = h.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = h.cmd.Process.Kill() // fails only when it has ended already
		_ = h.cmd.Wait()         // a killed process has no good exit code
	})
	return h
}

// next gives the next line; "" when the process has ended.
func (h *helper) next() string {
	h.lines.Scan()
	return h.lines.Text()
}

// play is the helper's main: it takes the lease, for 300ms only when it plays
// the sleeper, and writes when it is told to.
func play(role string) int {
	ttl := map[string]time.Duration{"sleeper": 300 * time.Millisecond, "zombie": time.Hour}[role]
	ctx := context.Background()
	s, err := Open(ctx, os.Getenv("REDIS_TEST_URL"), Options{})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	l, err := s.Acquire(ctx, connection, role, ttl)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("held")
	if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
		return 1
	}
	err = l.SaveCheckpoint(ctx, batch(1))
	fmt.Println("error", strings.ReplaceAll(fmt.Sprint(err), "\n", " "))
	return 0
}

// batch has three positions with one number.
func batch(n int) (ps []store.Position) {
	for i := range 3 {
		ps = append(ps, store.Position{
			Kind:   airbyte.StreamState,
			Stream: airbyte.Descriptor{Name: fmt.Sprint(i)}, State: json.RawMessage(fmt.Sprint(n)),
		})
	}
	return ps
}

// stored gives the number of the stored batch, 0 for none, and fails for half a
// one.
func stored(t *testing.T, s *Store) int {
	t.Helper()
	c, err := s.Checkpoint(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Positions) == 0 {
		return 0
	}
	var n int
	if err := json.Unmarshal(c.Positions[0].State, &n); err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Positions {
		if string(p.State) != fmt.Sprint(n) || len(c.Positions) != 3 {
			t.Fatalf("half a batch is stored: %+v", c.Positions)
		}
	}
	return n
}

func acquire(t *testing.T, s *Store, holder string) store.Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), connection, holder, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
