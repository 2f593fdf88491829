// Package netns makes network namespaces, and runs code inside of them.
package netns

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Do runs f on a thread that is in the namespace at path. Only what f does
// itself happens there: a process or a socket that it makes stays in the
// namespace, a goroutine that it starts runs outside.
func Do(path string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		// The thread is never unlocked: it ends with this goroutine, so that no
		// other code can be run in the namespace by mistake.
		runtime.LockOSThread()
		if err := enter(path); err != nil {
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}

func enter(path string) error {
	ns, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the cluster's network is not there: %w", err)
	}
	defer ns.Close() //nolint:errcheck // opened for reading only
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("entering the network namespace %s: %w", path, err)
	}
	return nil
}

// Start starts a command in the namespace.
func Start(path string, cmd *exec.Cmd) error { return Do(path, cmd.Start) }

// Exec replaces this process by another program, in the namespace. It returns
// only if it fails.
func Exec(path, program string, args, env []string) error {
	runtime.LockOSThread()
	if err := enter(path); err != nil {
		return err
	}
	if err := syscall.Exec(program, args, env); err != nil {
		return fmt.Errorf("running %s: %w", program, err)
	}
	return nil
}

// Transport is for HTTP to addresses in the namespace. Hosts are IP addresses:
// a name would be looked up outside.
func Transport(path string) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &http.Transport{
		MaxIdleConnsPerHost: 8,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			var conn net.Conn
			err := Do(path, func() (err error) {
				conn, err = dialer.DialContext(ctx, network, address)
				return err
			})
			return conn, err
		},
	}
}
