package replication_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"knelt.dev/pkg/replication"
)

// childEnv asks the test binary to be the process whose memory is measured.
const childEnv = "REPLICATION_TEST_CHILD"

// init is the child's main.
func init() {
	if os.Getenv(childEnv) == "" {
		return
	}
	l := relayLargeRecords()
	fmt.Printf("%s in %d records, %d states: %q\n", peakMemory(), l.Total.Relayed, l.Total.StatesSent, l.Reasons)
	os.Exit(0)
}

const (
	largeStreams = 1000
	largeRecords = 1000 / raceFactor
	largeStates  = 40_000 / raceFactor
)

// relayLargeRecords relays records of 1 MiB of 1,000 streams, and many states,
// to a destination that never returns one.
func relayLargeRecords() replication.Ledger {
	t := &childTB{}
	var streams []replication.Stream
	for i := range largeStreams {
		streams = append(streams, named(fmt.Sprint("stream", i)))
	}
	source := start(t, func(p *process) int {
		tail := []byte(`","pad":"` + strings.Repeat("x", 1<<20) + `"}}}` + "\n")
		for i := range largeRecords {
			_, _ = fmt.Fprintf(p.out, `{"type":"RECORD","record":{"stream":"stream%d","data":{"id":"%d`, i%largeStreams, i)
			if _, err := p.out.Write(tail); err != nil {
				return 1
			}
		}
		pad := `"pad":"` + strings.Repeat("x", 2<<10) + `","cursor"`
		for i := range largeStates {
			p.say(strings.Replace(streamState(fmt.Sprint("stream", i%largeStreams), i), `"cursor"`, pad, 1))
		}
		return 0
	})
	return replication.New(replication.Config{Streams: streams, Checkpoints: newMemory()}, source, start(t, swallow)).Run(context.Background())
}

// childTB ends the process.
type childTB struct{}

func (childTB) Helper()        {}
func (childTB) Cleanup(func()) {}
func (childTB) Errorf(format string, args ...any) {
	fmt.Printf(format+"\n", args...)
}

func (childTB) Fatalf(format string, args ...any) {
	fmt.Printf(format+"\n", args...)
	os.Exit(1)
}

// peakMemory gives the line "VmHWM: 12345 kB" of this process.
func peakMemory() string {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err.Error()
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "VmHWM:") {
			return strings.TrimSpace(line)
		}
	}
	return "no VmHWM"
}

// TestMemoryStaysBelow64MiB for records of 1 MiB, 1,000 streams and 80 MiB of
// states that are never returned. The figure is that of a whole process, both
// fakes in it; the race detector needs up to ten times as much, of time too.
func TestMemoryStaysBelow64MiB(t *testing.T) {
	limit := 64 << 10 * raceFactor
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%.300s", out)
	fields := strings.Fields(string(out))
	if len(fields) < 2 {
		t.Fatalf("no figure: %s", out)
	}
	kB, err := strconv.Atoi(fields[1])
	if err != nil || kB > limit {
		t.Errorf("peak memory %d kB (%v), want at most %d: %.300s", kB, err, limit, out)
	}
	if want := fmt.Sprintf("in %d records, %d states", largeRecords, largeStates); !strings.Contains(string(out), want) {
		t.Errorf("not all was relayed: %.300s", out)
	}
}
