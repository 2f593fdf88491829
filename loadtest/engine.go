package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// runEngine runs `knelt sync` and watches the engine's own process.
func runEngine(ctx context.Context, o options, _ scenario, dir string) (figures, error) {
	knelt, err := o.program("knelt")
	if err != nil {
		return figures{}, err
	}
	cmd := exec.CommandContext(ctx, knelt, "sync", "-f", filepath.Join(dir, "knelt.yaml"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return figures{}, err
	}
	done := make(chan struct{})
	watched := make(chan figures, 1)
	go func() { watched <- watchProcess(cmd.Process.Pid, done) }()
	err = cmd.Wait()
	wall := time.Since(began)
	close(done)
	f := <-watched
	f.wall = wall
	if err != nil {
		return f, fmt.Errorf("%w:\n%s", err, out.String())
	}
	return f, nil
}

// watchProcess follows the CPU time and the peak memory of one process, without
// its children, until done. The last look is at most 10 ms old.
func watchProcess(pid int, done <-chan struct{}) (f figures) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		if cpu, ok := cpuTime(pid); ok {
			f.cpu = cpu
		}
		if peak, ok := peakMemory(pid); ok {
			f.peak = peak
		}
		select {
		case <-done:
			return f
		case <-ticker.C:
		}
	}
}

// tick is the unit of CPU times in /proc (USER_HZ, 100 on all of Linux).
const tick = 10 * time.Millisecond

// cpuTime reads utime and stime, fields 14 and 15 of /proc/PID/stat (proc(5)).
func cpuTime(pid int) (time.Duration, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0, false
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err1 == nil && err2 == nil
}

// peakMemory reads VmHWM, the most that was ever resident.
func peakMemory(pid int) (int64, bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for _, line := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb << 10, err == nil
		}
	}
	return 0, false
}
