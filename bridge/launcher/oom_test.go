//go:build linux

package launcher

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"knelt.dev/bridge/podfiles"
)

// files writes files below a directory.
func files(t *testing.T, content map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for file, text := range content {
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestTheContainersCounterIsFoundInEveryLayout uses files as kernels show them.
func TestTheContainersCounterIsFoundInEveryLayout(t *testing.T) {
	const events = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 7\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  oomCount
	}{
		"version 2 on a host": {map[string]string{
			"proc/self/cgroup": "0::/kubepods/pod1/abc\n",
			"sys/fs/cgroup/kubepods/pod1/abc/memory.events": events,
		}, oomCount{"sys/fs/cgroup/kubepods/pod1/abc/memory.events", 2}},
		"version 2 in a container": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.events": events,
		}, oomCount{"sys/fs/cgroup/memory.events", 2}},
		"version 2 in a container without a view of its own": {map[string]string{
			"proc/self/cgroup": "0::/kubepods/pod1/abc\n", "sys/fs/cgroup/memory.events": events,
		}, oomCount{"sys/fs/cgroup/memory.events", 2}},
		"version 1 on a host": {map[string]string{
			"proc/self/cgroup": "4:cpu,cpuacct:/a\n3:hugetlb,memory:/user\n0::/x\n",
			"sys/fs/cgroup/memory/user/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n",
		}, oomCount{"sys/fs/cgroup/memory/user/memory.oom_control", 5}},
		"version 1 in a container": {map[string]string{
			"proc/self/cgroup": "3:memory:/docker/abc\n", "sys/fs/cgroup/memory/memory.oom_control": "oom_kill 6\n",
		}, oomCount{"sys/fs/cgroup/memory/memory.oom_control", 6}},
		"only the machine's": {map[string]string{"proc/self/cgroup": "0::/\n", "proc/vmstat": "oom_kill 4\n"}, oomCount{}},
		"nothing":            {nil, oomCount{}},
	} {
		if got := countOOM(files(t, c.files)); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// TestAKillThatTheCounterTellsOfIsWantOfMemory: the connector changes the
// counter's file as the kernel would, and ends.
func TestAKillThatTheCounterTellsOfIsWantOfMemory(t *testing.T) {
	for name, c := range map[string]struct {
		script string // with the counter's file as its $1
		want   podfiles.Exit
	}{
		"killed for it":        {"echo oom_kill 3 >$1; echo; kill -9 $$", podfiles.Exit{Code: 137, Signal: "SIGKILL", OOM: true}},
		"killed otherwise":     {"echo oom_kill 2 >$1; echo; kill -9 $$", podfiles.Exit{Code: 137, Signal: "SIGKILL"}},
		"a worker was, it not": {"echo oom_kill 3 >$1; echo; exit 1", podfiles.Exit{Code: 1}},
		"killed by us":         {"echo oom_kill 3 >$1; echo; exec sleep 120", podfiles.Exit{Code: 137, Signal: "SIGKILL", Terminated: true}},
	} {
		t.Run(name, func(t *testing.T) {
			root := files(t, map[string]string{"sys/fs/cgroup/memory.events": "oom_kill 2\n"})
			p := newPod(t)
			p.env = append(p.env, rootVariable+"="+root)
			p.launch("/bin/sh", "-c", c.script, "sh", filepath.Join(root, "sys/fs/cgroup/memory.events"))
			p.start()
			p.line()
			if c.want.Terminated {
				p.terminate(0)
			}
			if exit := p.end(); exit != c.want {
				t.Errorf("got %+v, want %+v", exit, c.want)
			}
		})
	}
}

// TestTheKernelsOwnKillIsWantOfMemory has a real control group where the test
// may make one, else none: the counter's files are tested above.
func TestTheKernelsOwnKillIsWantOfMemory(t *testing.T) {
	group, procs := memoryGroup(t, 192<<20)
	if group == "" {
		t.Log("no control group may be made here: only what is without one is tested")
	}
	p := newPod(t)
	p.env = append(p.env, modeVariable+"=hog")
	if group == "" {
		p.run("/bin/sh", "-c", "kill -9 $$")
	} else {
		// The shell moves itself, and so the connector, into the group. Only the
		// launcher would be in a container's group from the start.
		p.env = append(p.env, rootVariable+"="+groupAsContainers(t, group))
		p.run("/bin/sh", "-c", `echo $$ >`+procs+` && exec "$0" "$@"`, self(t))
	}
	p.rest()
	if exit := p.end(); exit != (podfiles.Exit{Code: 137, Signal: "SIGKILL", OOM: group != ""}) {
		t.Errorf("got %+v", exit)
	}
}

// memoryGroup makes a control group with a limit, of version 2 or 1. It gives
// the path of its counter's file and of its list of processes, "" if none may
// be made.
func memoryGroup(t *testing.T, limit int) (counter, procs string) {
	t.Helper()
	name := fmt.Sprintf("knelt-test-%d", os.Getpid())
	for _, v := range []struct{ root, limit, counter string }{
		{"/sys/fs/cgroup", "memory.max", "memory.events"},
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.oom_control"},
	} {
		dir := filepath.Join(v.root, name)
		if _, err := os.Stat(filepath.Join(v.root, "cgroup.procs")); err != nil || os.Mkdir(dir, 0o700) != nil {
			continue // not this version, or not allowed
		}
		t.Cleanup(func() { removeGroup(t, dir) })
		f, err := os.OpenFile(filepath.Join(dir, v.limit), os.O_WRONLY, 0)
		if err != nil {
			continue // the memory controller is elsewhere
		}
		_, err = fmt.Fprint(f, limit)
		if err := errors.Join(err, f.Close()); err == nil {
			return filepath.Join(dir, v.counter), filepath.Join(dir, "cgroup.procs")
		}
	}
	return "", ""
}

// removeGroup removes a group once the kernel has let go of its processes.
func removeGroup(t *testing.T, dir string) {
	var err error
	for range 100 {
		if err = os.Remove(dir); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error(err)
}

// groupAsContainers is a root in which a group's counter is the container's.
func groupAsContainers(t *testing.T, counter string) string {
	t.Helper()
	root := files(t, map[string]string{"sys/fs/cgroup/memory/x": ""})
	for _, name := range []string{"sys/fs/cgroup/memory.events", "sys/fs/cgroup/memory/memory.oom_control"} {
		if err := os.Symlink(counter, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
