package process

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// oomCount is the kernel's count of processes it ended for want of memory, and
// the file it was read from. A zero one is not known.
type oomCount struct {
	file  string
	count uint64
}

// rose tells whether the kernel ended some process between before and c.
func (c oomCount) rose(before oomCount) bool {
	return c.file != "" && c.file == before.file && c.count > before.count
}

// countOOM reads the counter that is nearest to this process, which its
// connectors share: that of the control group (version 2, then 1, as seen from
// the host and from inside a container), else that of the whole machine. root
// is where proc and sys are ("/").
func countOOM(root string) oomCount {
	groups, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		groups = nil // no Linux, or hidden: only the counters of the root remain
	}
	for _, file := range oomFiles(string(groups)) {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			continue // not there in this layout
		}
		if n, found := oomKills(string(text)); found {
			return oomCount{file: file, count: n}
		}
	}
	return oomCount{}
}

// oomFiles lists where the counter may be, nearest first, given the content of
// /proc/self/cgroup: lines of HIERARCHY:CONTROLLERS:PATH.
func oomFiles(groups string) []string {
	var files []string
	for line := range strings.Lines(groups) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) < 3 {
			continue
		}
		if part[1] == "" {
			files = append(files, filepath.Join("sys/fs/cgroup", part[2], "memory.events"))
		}
		for controller := range strings.SplitSeq(part[1], ",") {
			if controller == "memory" {
				files = append(files, filepath.Join("sys/fs/cgroup/memory", part[2], "memory.oom_control"))
			}
		}
	}
	return append(files, "sys/fs/cgroup/memory.events", "sys/fs/cgroup/memory/memory.oom_control", "proc/vmstat")
}

// oomKills finds the line "oom_kill N", which all of these files have.
func oomKills(text string) (uint64, bool) {
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(line, "oom_kill "); found {
			n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
