package synclog

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// roleEnv makes the test binary a writer process to kill or to starve of disk.
const roleEnv = "SYNCLOG_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleEnv) {
	case "":
		goleak.VerifyTestMain(m)
	case "forever":
		writeForever(os.Args[1])
	case "limited":
		writeLimited(os.Args[1])
	}
}

// child prepares the test binary in a role, with the log's directory.
func child(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, dir)
	cmd.Env = append(os.Environ(), roleEnv+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

// writeForever logs numbered lines until it is killed, or its test is.
func writeForever(dir string) {
	parent := os.Getppid()
	l := must(Open(dir, Options{FlushEvery: 20 * time.Millisecond, FileBytes: 64 << 10, QueueBytes: 1 << 30}))
	for i := 0; os.Getppid() == parent; i++ {
		l.Write(Entry{Origin: Source, Message: fmt.Sprintf("line %d %s", i, strings.Repeat("x", 200))})
		if i%500 == 499 {
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// writeLimited logs on a disk on which no file can pass 64 KiB, later on one
// with room again. It prints the error of Close.
func writeLimited(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	l := must(Open(dir, Options{FlushEvery: 10 * time.Millisecond}))
	limit(64 << 10)
	for i := range 3000 {
		l.Write(Entry{Origin: Source, Message: fmt.Sprintf("line %d %s", i, strings.Repeat("x", 200))})
		if i%100 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	time.Sleep(100 * time.Millisecond)
	limit(1 << 30)
	l.Write(Entry{Origin: Source, Message: "room again"})
	fmt.Println(l.Close())
}

func limit(bytes uint64) {
	var r syscall.Rlimit
	must(0, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &r))
	r.Cur = min(bytes, r.Max)
	must(0, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &r))
}

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(9)
	}
	return v
}
