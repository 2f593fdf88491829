// Package pgtest starts real PostgreSQL servers for tests, on free ports of the
// loopback address, each with a folder of its own, and ends them by their
// process id.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is how long a server may take to start on a busy machine.
const patience = 60 * time.Second

// User and Password are those of the superuser of every server.
const (
	User     = "shop"
	Password = "o'pen \\sesame"
)

// Server is a running PostgreSQL.
type Server struct {
	// Port of 127.0.0.1; it stays the same when the server starts again.
	Port int
	// Dir is the data folder, of the user that the server runs as.
	Dir string

	settings []string
	account  account
	cmd      *exec.Cmd
	log      *safeBuffer
	done     chan struct{}
}

// Start starts a server that syncs nothing to the disk: it survives kill -9, and
// not the machine's end. settings are more of postgresql.conf, as NAME=VALUE. It
// fails the test where there is no PostgreSQL.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	return startFor(t, nil, settings)
}

func startFor(t testing.TB, prepare func(*Server) error, settings []string) *Server {
	t.Helper()
	s, err := start(prepare, settings)
	if s != nil {
		t.Cleanup(s.remove)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Main starts a server for all tests of a package, gives it to them by way of
// shared, runs them, and ends it. It returns the exit code. The server listens on
// other addresses of this machine, too, where they are named.
func Main(shared **Server, run func() int, addresses ...string) int {
	s, err := start(nil, []string{"listen_addresses=" + strings.Join(append(addresses, "127.0.0.1"), ",")})
	if s != nil {
		defer s.remove()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	*shared = s
	return run()
}

// start makes a server's folder, lets prepare add to it, and starts the server.
func start(prepare func(*Server) error, settings []string) (*Server, error) {
	s := &Server{settings: settings}
	var err error
	if s.account, err = findAccount(); err != nil {
		return nil, err
	}
	if s.Dir, err = os.MkdirTemp("", "pgtest-"); err != nil {
		return nil, err
	}
	if err := errors.Join(s.account.own(s.Dir), s.initdb()); err != nil {
		return s, err
	}
	if prepare != nil {
		if err := prepare(s); err != nil {
			return s, err
		}
	}
	for range 5 { // another program may take the free port first
		if s.Port, err = freePort(); err != nil {
			return s, err
		}
		if err = s.run(); err == nil {
			return s, nil
		}
	}
	return s, err
}

func (s *Server) initdb() error {
	path, err := find("initdb")
	if err != nil {
		return err
	}
	secret := s.Dir + ".password"
	if err := os.WriteFile(secret, []byte(Password+"\n"), 0o600); err != nil {
		return err
	}
	defer os.Remove(secret) //nolint:errcheck // a test's leftovers
	if err := s.account.own(secret); err != nil {
		return err
	}
	cmd := exec.Command(path, "-D", s.Dir, "-U", User, "--pwfile", secret, "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8", "-N")
	cmd.Dir = s.Dir
	cmd.SysProcAttr = s.account.attributes()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", path, err, out)
	}
	return s.admit()
}

// admit lets everybody in who knows the password, from wherever the server can
// be reached.
func (s *Server) admit() error {
	f, err := os.OpenFile(filepath.Join(s.Dir, "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("host all all all scram-sha-256\n")
	return errors.Join(err, f.Close())
}

// run starts the server's program on its folder and waits until it answers.
func (s *Server) run() error {
	path, err := find("postgres")
	if err != nil {
		return err
	}
	args := []string{"-D", s.Dir, "-p", strconv.Itoa(s.Port), "-k", "", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "full_page_writes=off"}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	s.log, s.done = &safeBuffer{}, make(chan struct{})
	s.cmd = exec.Command(path, args...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.Dir, s.log, s.log
	s.cmd.SysProcAttr = s.account.attributes()
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

func (s *Server) await() error {
	deadline := time.Now().Add(patience)
	for {
		conn, err := s.connect("postgres")
		if err == nil {
			return conn.Close(context.Background())
		}
		select {
		case <-s.done:
			return fmt.Errorf("postgres ended at once: %s", s.log)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.Kill()
			return fmt.Errorf("postgres gave no answer for %s (%w): %s", patience, err, s.log)
		}
	}
}

// PID is the process id of the server's first process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Log is what the server has written so far.
func (s *Server) Log() string { return s.log.String() }

// Kill ends the server with SIGKILL, as a crash does, and waits until its
// connections are gone too.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Stop ends the server at once and in order: its data are whole on the disk.
func (s *Server) Stop() { s.end(syscall.SIGINT) }

func (s *Server) end(signal syscall.Signal) {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(signal) // fails only when it has ended already
	<-s.done
}

// Restart starts a server again that was ended, on what it left on disk.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	var err error
	for range 50 { // the processes of a killed server may hold its memory for a moment
		if err = s.run(); err == nil || !strings.Contains(s.log.String(), "pre-existing shared memory") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *Server) remove() {
	s.end(syscall.SIGQUIT)
	_ = os.RemoveAll(s.Dir)
}

// find gives the path of one of PostgreSQL's programs. Debian keeps those of a
// server out of the PATH.
func find(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return filepath.EvalSymlinks(path) // it looks for its companions beside itself
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("these tests need a real PostgreSQL, and there is no %s: run apt-get install postgresql", program)
	}
	return found[len(found)-1], nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close() //nolint:errcheck // it only held the port
	return l.Addr().(*net.TCPAddr).Port, nil
}

// connect connects as the superuser.
func (s *Server) connect(database string) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	config, err := pgx.ParseConfig("sslmode=disable")
	if err != nil {
		return nil, err
	}
	config.Host, config.Port, config.Database = "127.0.0.1", uint16(s.Port), database
	config.User, config.Password = User, Password
	return pgx.ConnectConfig(ctx, config)
}

// safeBuffer is written by the server's process and read by a test.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
