// Package redistest starts real Redis servers for tests, on free ports of the
// loopback address, each with a folder of its own, and ends them with the test.
package redistest

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long a server may take to answer on a busy machine.
const patience = 30 * time.Second

// Server is a running redis-server.
type Server struct {
	// Addr is its host:port; it stays the same when the server starts again.
	Addr string
	// Dir is where its files are.
	Dir string

	args []string
	conf []string // the file that comes first, if any
	cmd  *exec.Cmd
	log  *bytes.Buffer
	done chan struct{}
}

// Start starts a server that keeps nothing on disk, unless args, which are
// those of redis-server, say otherwise. It fails the test where there is no
// redis-server.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return start(t, append([]string{"--save", ""}, args...))
}

// start starts a server with arguments of its own behind a file of configuration,
// if there is one.
func start(t testing.TB, args []string, conf ...string) *Server {
	t.Helper()
	s := &Server{Dir: t.TempDir(), args: args, conf: conf}
	t.Cleanup(s.Kill)
	var err error
	for range 5 { // another program may take the free port first
		s.Addr = freeAddr(t)
		if err = s.start(); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return nil
}

// URL is the server's address as a Redis URL.
func (s *Server) URL() string { return "redis://" + s.Addr + "/0" }

// PID is the process id of the server.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Kill ends the server with SIGKILL, as a crash does, and waits for its end.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // fails only when it has ended already
	<-s.done
}

// Restart starts a killed server again, on what it left on disk.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) start() error {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return fmt.Errorf("these tests need a real Redis, and there is no redis-server: run apt-get install redis-server (%w)", err)
	}
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	args := slices.Concat(s.conf, []string{"--bind", "127.0.0.1", "--port", port, "--dir", s.Dir}, s.args)
	s.log, s.done = &bytes.Buffer{}, make(chan struct{})
	s.cmd = exec.Command(path, args...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = endWithParent()
	started := make(chan error)
	go func() {
		// The server ends when the thread that started it does: this one lives
		// as long as the server.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			_ = s.cmd.Wait() // a killed server has no good exit code
		}
		close(s.done)
	}()
	if err := <-started; err != nil {
		s.cmd = nil
		return fmt.Errorf("start %s: %w", path, err)
	}
	return s.await()
}

// await waits until the server answers, if only that it knows nobody without a
// password.
func (s *Server) await() error {
	deadline := time.Now().Add(patience)
	for {
		answer, err := Do(s.Addr, "PING")
		if err == nil && answer == "PONG" || err != nil && strings.HasPrefix(err.Error(), "NOAUTH") {
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("redis-server %s ended at once: %s", strings.Join(s.args, " "), s.log)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.Kill()
			return fmt.Errorf("redis-server at %s gave no answer for %s (%w): %s", s.Addr, patience, err, s.log)
		}
	}
}

func freeAddr(t testing.TB) string {
	t.Helper()
	return "127.0.0.1:" + strconv.Itoa(freePort(t))
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it only held the port
	return l.Addr().(*net.TCPAddr).Port
}
