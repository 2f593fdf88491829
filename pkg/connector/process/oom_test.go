package process

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTheOOMCounterIsFoundInEveryLayout uses files as kernels show them.
func TestTheOOMCounterIsFoundInEveryLayout(t *testing.T) {
	const events = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 7\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  oomCount
	}{
		"version 2 on a host": {map[string]string{
			"proc/self/cgroup": "0::/system.slice/knelt.service\n",
			"sys/fs/cgroup/system.slice/knelt.service/memory.events": events,
			"proc/vmstat": "oom_kill 9\n",
		}, oomCount{"sys/fs/cgroup/system.slice/knelt.service/memory.events", 2}},
		"version 2 in a container": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.events": events,
		}, oomCount{"sys/fs/cgroup/memory.events", 2}},
		"version 1 on a host": {map[string]string{
			"proc/self/cgroup": "4:cpu,cpuacct:/a\n3:hugetlb,memory:/user\n0::/x\n",
			"sys/fs/cgroup/memory/user/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n",
		}, oomCount{"sys/fs/cgroup/memory/user/memory.oom_control", 5}},
		"version 1 in a container": {map[string]string{
			"proc/self/cgroup":                        "3:memory:/docker/abc\n",
			"sys/fs/cgroup/memory/memory.oom_control": "oom_kill 6\n",
		}, oomCount{"sys/fs/cgroup/memory/memory.oom_control", 6}},
		"an old kernel without the line": {map[string]string{
			"proc/self/cgroup": "3:memory:/\n", "sys/fs/cgroup/memory/memory.oom_control": "under_oom 0\n",
			"proc/vmstat": "pgfault 1\noom_kill 4\n",
		}, oomCount{"proc/vmstat", 4}},
		"nothing": {nil, oomCount{}},
	} {
		root := t.TempDir()
		for file, text := range c.files {
			path := filepath.Join(root, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := countOOM(root); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestACounterRoseOnlyIfItIsTheSameOne(t *testing.T) {
	for _, c := range []struct {
		before, after oomCount
		want          bool
	}{
		{oomCount{"a", 1}, oomCount{"a", 2}, true},
		{oomCount{"a", 1}, oomCount{"a", 1}, false},
		{oomCount{"a", 1}, oomCount{"b", 2}, false},
		{oomCount{}, oomCount{}, false},
	} {
		if got := c.after.rose(c.before); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}
