package machine

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// supervisor starts programs and hears of their ends. As the first process of
// its machine it is the parent of all whose own has gone, and so waits for any.
type supervisor struct {
	mu    sync.Mutex
	ended map[int]chan syscall.WaitStatus
}

func supervise(spec Spec) error {
	s := &supervisor{ended: map[int]chan syscall.WaitStatus{}}
	for _, p := range spec.Programs {
		go s.keep(spec.Name, p)
	}
	return s.reap()
}

// keep runs a program again and again.
func (s *supervisor) keep(machine string, p Program) {
	for {
		await(p.After)
		end, err := s.start(machine, p)
		if err != nil {
			log.Printf("%s cannot be started: %v", p.Name, err)
		} else {
			status := <-end
			log.Printf("%s has ended: exit code %d, signal %d", p.Name, status.ExitStatus(), status.Signal())
		}
		time.Sleep(time.Second)
	}
}

func (s *supervisor) start(machine string, p Program) (<-chan syscall.WaitStatus, error) {
	out, err := os.OpenFile(LogPath(machine, p.Name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	defer out.Close() //nolint:errcheck // the program has a descriptor of its own
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, fmt.Errorf("opening the input: %w", err)
	}
	defer null.Close() //nolint:errcheck // as above
	s.mu.Lock()        // it may end before it is noted here
	defer s.mu.Unlock()
	process, err := os.StartProcess(p.Args[0], p.Args, &os.ProcAttr{
		Dir: "/", Env: append(os.Environ(), p.Env...), Files: []*os.File{null, out, out},
	})
	if err != nil {
		return nil, err
	}
	end := make(chan syscall.WaitStatus, 1)
	s.ended[process.Pid] = end
	return end, process.Release()
}

// reap waits for processes for ever.
func (s *supervisor) reap() error {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.ECHILD):
			time.Sleep(50 * time.Millisecond) // nothing runs just now
		case err != nil:
			return fmt.Errorf("waiting for processes: %w", err)
		default:
			s.report(pid, status)
		}
	}
}

func (s *supervisor) report(pid int, status syscall.WaitStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if end, ours := s.ended[pid]; ours {
		delete(s.ended, pid)
		end <- status
	}
}

// await returns when something listens at the place, see Program.After.
func await(place string) {
	network, address, _ := strings.Cut(place, ":")
	for place != "" {
		conn, err := net.DialTimeout(network, address, time.Second)
		if err == nil {
			_ = conn.Close() // nothing was said on it
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
