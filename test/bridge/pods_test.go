//go:build linux

package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/secure"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/engine"
)

// localPods makes pods of two processes each, which outlive the process that
// made them. What another has to know of them is in files.
type localPods struct {
	Dir, Bin, Redis string
	TTL             time.Duration
}

// podDir is where a pod's files are.
func (p localPods) podDir(s engine.Seat) string {
	return filepath.Join(p.Dir, strconv.FormatInt(s.Sync, 10), strconv.Itoa(s.Attempt), string(s.Command))
}

var podOf = map[connector.Command]secure.Pod{connector.Read: secure.Source, connector.Write: secure.Destination}

// Place makes the seat's pod and tells where its bridge is.
func (p localPods) Place(ctx context.Context, s engine.Seat, c connector.Connector) (client.Config, error) {
	dir := p.podDir(s)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return client.Config{}, err
	}
	seed, err := secure.NewSyncSeed().Pod(podOf[s.Command])
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "seed"), []byte(seed.Text()), 0o600)
	}
	if err == nil {
		err = p.spawn(dir, "serve", "serve", "--dir", filepath.Join(dir, "pod"), "--listen", "127.0.0.1:0", "--health", "",
			"--seed-file", filepath.Join(dir, "seed"), "--connection", s.Connection, "--sync", strconv.FormatInt(s.Sync, 10),
			"--lease-ttl", p.TTL.String(), "--lease-absence", (5 * p.TTL).String(), "--grace", "500ms", "--termination-log", "")
	}
	if err == nil {
		err = p.spawn(dir, "exec", append([]string{"exec", "--dir", filepath.Join(dir, "pod"), "--grace", "500ms", "--"}, c.Command...)...)
	}
	if err != nil {
		return client.Config{}, err
	}
	for ctx.Err() == nil {
		if cfg, err := p.Find(ctx, s); err == nil {
			return cfg, nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	return client.Config{}, context.Cause(ctx)
}

// spawn starts a process of a pod in a session of its own and notes its id.
func (p localPods) spawn(dir, name string, args ...string) error {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the process has its own
	cmd := exec.Command(filepath.Join(p.Bin, "bridge"), args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "KNELT_BRIDGE_STORE="+p.Redis)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // its log tells how it ended
	return os.WriteFile(filepath.Join(dir, name+".pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600)
}

// Find tells where the bridge of the seat's pod is.
func (p localPods) Find(_ context.Context, s engine.Seat) (client.Config, error) {
	dir := p.podDir(s)
	if !alive(pidIn(filepath.Join(dir, "serve.pid"))) {
		return client.Config{}, engine.ErrNoPod
	}
	text, err := os.ReadFile(filepath.Join(dir, "seed"))
	if err != nil {
		return client.Config{}, err
	}
	seed, err := secure.ParsePodSeed(string(text))
	if err != nil {
		return client.Config{}, err
	}
	log, err := os.ReadFile(filepath.Join(dir, "serve.log"))
	if err != nil {
		return client.Config{}, err
	}
	addr := listening(string(log))
	if addr == "" {
		return client.Config{}, errors.New("the bridge does not listen yet")
	}
	return client.Config{Addr: addr, Seed: seed, GiveUp: 5 * time.Second, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}, nil
}

// Remove is that of engine.Pods.
func (p localPods) Remove(ctx context.Context, _ string, sync int64) error {
	pids, err := filepath.Glob(filepath.Join(p.Dir, strconv.FormatInt(sync, 10), "*", "*", "*.pid"))
	if err != nil {
		return err
	}
	for _, path := range pids {
		pid := pidIn(path)
		_ = syscall.Kill(pid, syscall.SIGTERM) // it may have ended
		for alive(pid) {
			if ctx.Err() != nil {
				return fmt.Errorf("process %d of a pod does not end: %w", pid, context.Cause(ctx))
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	return nil
}

func pidIn(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text))) // written half: not there yet
	return pid
}

// alive tells whether a process runs; one that nobody has waited for does not.
func alive(pid int) bool {
	if pid <= 0 {
		return false
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(text), ") Z ")
}
