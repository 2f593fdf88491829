package sqlite

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/store"
)

// connection is the one of the process tests.
const connection = "shop"

// helper is a process of this program that plays a role on a store's file. It
// writes a line to its standard output for each thing that is done.
type helper struct {
	cmd   *exec.Cmd
	input io.Writer
	lines *bufio.Scanner
}

func start(t *testing.T, role, path string) *helper {
	t.Helper()
	h := &helper{cmd: exec.Command(os.Args[0])}
	h.cmd.Env = append(os.Environ(), "SQLITE_TEST_ROLE="+role, "SQLITE_TEST_PATH="+path)
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
	t.Cleanup(h.kill)
	return h
}

// next gives the next line; "" when the process has ended.
func (h *helper) next() string {
	h.lines.Scan()
	return h.lines.Text()
}

func (h *helper) kill() {
	_ = h.cmd.Process.Kill() // fails only when it has ended already
	_ = h.cmd.Wait()         // a killed process has no good exit code
}

// play is the helper's main.
func play(role string) int {
	ctx, path := context.Background(), os.Getenv("SQLITE_TEST_PATH")
	roles := map[string]func(context.Context, string) error{
		"writer": writer, "hold": hold, "sleeper": sleeper, "small files": smallFiles, "nobody": nobody, "open": openOnly,
	}
	if err := roles[role](ctx, path); err != nil {
		fmt.Println("error", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return 0
}

// writer saves batches of three positions with one number, rising from what is
// stored, and says each number that is committed.
func writer(ctx context.Context, path string) error {
	s, err := Open(ctx, path, Options{Alive: store.ProcessAlive})
	if err != nil {
		return err
	}
	l, err := s.Acquire(ctx, connection, store.ProcessHolder(), time.Hour)
	if err != nil {
		return err
	}
	c, err := s.Checkpoint(ctx, connection)
	if err != nil {
		return err
	}
	n := 0
	if len(c.Positions) > 0 {
		if n, err = number(c.Positions[0].State); err != nil {
			return err
		}
	}
	for {
		n++
		if err := l.SaveCheckpoint(ctx, batch(n, 3)); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// batch has positions that are as large as a page or two, so that a batch that
// is half written would be seen.
func batch(n, size int) (ps []store.Position) {
	for i := range size {
		ps = append(ps, store.Position{
			Kind:   airbyte.StreamState,
			Stream: airbyte.Descriptor{Name: fmt.Sprint(i)},
			State:  json.RawMessage(fmt.Sprintf(`{"n":%d,"pad":%q}`, n, strings.Repeat("x", 3000))),
		})
	}
	return ps
}

func number(state json.RawMessage) (int, error) {
	var s struct{ N int }
	err := json.Unmarshal(state, &s)
	return s.N, err
}

// hold takes the lease and waits to be killed.
func hold(ctx context.Context, path string) error {
	s, err := Open(ctx, path, Options{Alive: store.ProcessAlive})
	if err != nil {
		return err
	}
	if _, err := s.Acquire(ctx, connection, store.ProcessHolder(), time.Hour); err != nil {
		return err
	}
	fmt.Println("held")
	select {}
}

// sleeper takes the lease, and writes when it is told to.
func sleeper(ctx context.Context, path string) error {
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	l, err := s.Acquire(ctx, connection, "zombie", time.Hour)
	if err != nil {
		return err
	}
	fmt.Println("held")
	if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
		return err
	}
	return l.SaveCheckpoint(ctx, batch(1, 3))
}

// smallFiles writes under a limit on the size of files, as a full disk does.
func smallFiles(ctx context.Context, path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	s, err := Open(ctx, path, Options{Alive: store.ProcessAlive})
	if err != nil {
		return err
	}
	l, err := s.Acquire(ctx, connection, store.ProcessHolder(), time.Hour)
	if err != nil {
		return err
	}
	limit := syscall.Rlimit{Cur: 100 << 10, Max: 100 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	return l.SaveCheckpoint(ctx, batch(2, 100))
}

// nobody gives up root's rights, for which no file is read-only, and writes.
func nobody(ctx context.Context, path string) error {
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
	}
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	_, err = s.Acquire(ctx, connection, "one", time.Hour)
	return err
}

func openOnly(ctx context.Context, path string) error {
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	return s.Close()
}
