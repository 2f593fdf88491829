package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"knelt.dev/bridge/secure"
)

// runFootprint measures the static binary, and what its processes keep resident:
// while they wait, and while a relay moves bytes as fast as it can.
func runFootprint(ctx context.Context, o options) (*table, error) {
	path, err := o.program("bridge")
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	o.bytes = 1e12 // more than is ever moved
	s := scenario{name: "footprint", recordBytes: 1000, destination: "destination-discard", config: map[string]any{}}
	t := &table{Columns: []string{"MiB", "min", "max"}, Bars: "MiB"}
	t.add("binary", float64(info.Size())/(1<<20))
	_, err = inWorld(ctx, o, s, func(ctx context.Context, w *world) (time.Duration, error) {
		w.resident(t, o.runs, "idle")
		relay, err := w.relay(ctx)
		if err != nil {
			return 0, err
		}
		f, err := w.flowing(ctx, relay)
		if err != nil {
			return 0, err
		}
		defer f.close()
		time.Sleep(3 * time.Second) // the windows are full
		w.resident(t, o.runs, "at full speed")
		relay.kill()
		return 0, nil
	})
	return t, err
}

// resident adds what the processes of both pods keep resident, looked at often.
func (w *world) resident(t *table, runs int, when string) {
	values := map[string][]float64{}
	for range 10 * runs {
		time.Sleep(lookEvery)
		for which, p := range w.pods {
			for name, one := range map[string]*proc{"sidecar": p.serve, "launcher": p.exec} {
				key := fmt.Sprintf("%s of the %s, %s", name, which, when)
				values[key] = append(values[key], residentMemory(one.cmd.Process.Pid)/(1<<20))
			}
		}
	}
	for _, which := range []secure.Pod{secure.Source, secure.Destination} {
		for _, name := range []string{"sidecar", "launcher"} {
			key := fmt.Sprintf("%s of the %s, %s", name, which, when)
			all := values[key]
			slices.Sort(all)
			t.add(key, median(all), all[0], all[len(all)-1])
		}
	}
}

// residentMemory reads VmRSS, in bytes; 0: the process has ended.
func residentMemory(pid int) float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb * 1024
		}
	}
	return 0
}
