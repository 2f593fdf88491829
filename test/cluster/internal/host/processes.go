package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"knelt.dev/test/cluster/internal/layout"
)

// KillAll ends all processes of the cluster: those in one of its network
// namespaces, and those in its cgroups. This process and its parents are spared.
func KillAll() error {
	for range 100 {
		pids, err := processes()
		if err != nil || len(pids) == 0 {
			return err
		}
		for _, pid := range pids {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("killing process %d of the cluster: %w", pid, err)
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("processes of the cluster cannot be killed")
}

func processes() ([]int, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	namespaces, spared := ours(), parents()
	var pids []int
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || spared[pid] {
			continue
		}
		if namespaces[namespaceOf(filepath.Join(dir, "ns/net"))] || inCgroup(dir) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// namespace identifies one by the device and inode of its file.
type namespace struct{ dev, ino uint64 }

func namespaceOf(file string) (n namespace) {
	var stat unix.Stat_t
	if err := unix.Stat(file, &stat); err != nil {
		return n // gone: it is equal to none
	}
	return namespace{uint64(stat.Dev), stat.Ino} //nolint:unconvert // its type differs between architectures
}

func ours() map[namespace]bool {
	set := map[namespace]bool{}
	for _, m := range layout.Machines() {
		if n := namespaceOf(layout.NamespacePath(m)); n.ino != 0 {
			set[n] = true
		}
	}
	delete(set, namespaceOf("/proc/1/ns/net")) // where a lost mount has left an empty file
	return set
}

func inCgroup(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, "cgroup"))
	return err == nil && strings.Contains(string(data), ":/"+layout.Cgroup+"/")
}

func parents() map[int]bool {
	set := map[int]bool{}
	for pid := os.Getpid(); pid > 0 && !set[pid]; {
		set[pid] = true
		data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		_, rest, found := strings.Cut(string(data), ") ")
		fields := strings.Fields(rest)
		if err != nil || !found || len(fields) < 2 {
			return set
		}
		pid, _ = strconv.Atoi(fields[1])
	}
	return set
}
