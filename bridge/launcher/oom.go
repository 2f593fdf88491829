//go:build linux

package launcher

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// oomCount is the kernel's count of processes of this container that it ended
// for want of memory, and the file it was read from. A zero one is not known.
type oomCount struct {
	file  string
	count uint64
}

// rose tells whether the kernel ended some process between before and c.
func (c oomCount) rose(before oomCount) bool {
	return c.file != "" && c.file == before.file && c.count > before.count
}

// countOOM reads the counter of this container's control group: version 2, then
// 1; as seen from the host, then as a container with its own view sees it. The
// machine's counter is not asked: it counts the other containers' dead as well.
//
// Where the kubelet has the whole group killed at once (memory.oom.group), the
// launcher dies with the connector and writes nothing: the pod's status tells.
func countOOM(root string) oomCount {
	groups, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		groups = nil // hidden: only the containers' own places remain
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
	const v2, v1 = "sys/fs/cgroup", "sys/fs/cgroup/memory"
	var files []string
	for line := range strings.Lines(groups) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(part) < 3:
		case part[1] == "":
			files = append(files, filepath.Join(v2, part[2], "memory.events"))
		case slices.Contains(strings.Split(part[1], ","), "memory"):
			files = append(files, filepath.Join(v1, part[2], "memory.oom_control"))
		}
	}
	return append(files, v2+"/memory.events", v1+"/memory.oom_control")
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
