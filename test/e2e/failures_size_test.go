package e2e

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// bigVariable makes this test's own program a source of many streams and long
// records: "STREAMS EVERY SIZE". Each stream has a short record, each so many a
// long one.
const bigVariable = "KNELT_E2E_BIG_SOURCE"

func init() {
	var b bigSource
	if n, _ := fmt.Sscan(os.Getenv(bigVariable), &b.streams, &b.every, &b.size); n == 3 {
		os.Exit(b.run(os.Args[1]))
	}
}

type bigSource struct{ streams, every, size int }

func (b bigSource) run(command string) int {
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	switch command {
	case "spec":
		say(out, `{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}`)
	case "discover":
		b.discover(out)
	case "read":
		b.read(out)
	}
	if out.Flush() != nil {
		return 1
	}
	return 0
}

func (b bigSource) discover(out *bufio.Writer) {
	var streams []string
	for i := range b.streams {
		streams = append(streams, fmt.Sprintf(`{"name":"s%d","json_schema":{"type":"object"},"supported_sync_modes":["full_refresh"]}`, i+1))
	}
	say(out, `{"type":"CATALOG","catalog":{"streams":[%s]}}`, strings.Join(streams, ","))
}

func (b bigSource) read(out *bufio.Writer) {
	const (
		status = `{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,"stream_status":{"stream_descriptor":{"name":"s%d"},"status":"%s"}}}`
		record = `{"type":"RECORD","record":{"stream":"s%d","emitted_at":1,"data":{"id":%d,"text":"%s"}}}`
		state  = `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"s%d"},"stream_state":{"n":1}}}}`
	)
	long := strings.Repeat("x", b.size)
	for i := 1; i <= b.streams; i++ {
		say(out, status, i, "STARTED")
		say(out, record, i, 1, "short")
		if i%b.every == 0 {
			say(out, record, i, 2, long)
		}
		say(out, state, i)
		say(out, status, i, "COMPLETE")
	}
}

// say writes a line; Flush tells whether it could.
func say(out *bufio.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(out, format+"\n", args...)
}

// syncBig moves what a big source has, and gives the engine's peak memory in bytes.
func syncBig(t *testing.T, streams, every, size int) (r ran, peak int) {
	t.Helper()
	dir := t.TempDir()
	this, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	source := document("Source", "shop", object{"connector": object{
		"command": []string{this}, "env": object{bigVariable: fmt.Sprint(streams, every, size)},
	}})
	documents(t, filepath.Join(dir, "knelt.yaml"), source,
		side("Destination", "lake", "destination-discard", `{"stats":true}`),
		document("Connection", "shop-to-lake", object{"source": "shop", "destination": "lake"}))
	began := time.Now()
	p := Start(t, dir, filepath.Join(bin, "knelt"), "sync", "-f", "knelt.yaml", "--json")
	for running := true; running; {
		select {
		case <-p.done:
			running = false
		case <-time.After(10 * time.Millisecond):
			peak = max(peak, peakOf(t, p.Pid()))
		}
	}
	r = ranOf(t, p)
	says(t, r, 0, `"status":"succeeded"`)
	nothingLeft(t, dir)
	if r.ended.Ledger != nil {
		took := time.Since(began)
		t.Logf("%d streams, %d records, %d MB in %s; the engine's peak memory: %.1f MiB", streams, r.ended.Ledger.Total.Relayed,
			r.ended.Ledger.Total.Bytes/1e6, took.Round(time.Millisecond), float64(peak)/(1<<20))
	}
	return r, peak
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakOf reads the peak of a process's resident memory; 0 if it has ended.
func peakOf(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	found := peakLine.FindSubmatch(text)
	if err != nil || found == nil {
		return 0
	}
	kb, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// TestMemoryIsBounded: records of 1 MiB in a thousand streams need 64 MiB at most.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	const streams, every, size, limit = 1000, 3, 1 << 20, 64 << 20
	r, peak := syncBig(t, streams, every, size)
	if peak == 0 || peak > limit {
		t.Errorf("the engine's memory reached %.1f MiB, the limit is 64", float64(peak)/(1<<20))
	}
	if l := r.ended.Ledger; l == nil || len(l.Streams) != streams || l.Total.Relayed != streams+streams/every {
		t.Errorf("not everything was moved")
	}
}

// TestARecordOf100MBPasses, and needs no more memory than a few times its size.
func TestARecordOf100MBPasses(t *testing.T) {
	t.Parallel()
	const size = 100_000_000
	r, peak := syncBig(t, 2, 2, size)
	if l := r.ended.Ledger; l == nil || l.Total.Bytes < size {
		t.Errorf("not everything was moved")
	}
	if peak == 0 || peak > 4*size {
		t.Errorf("the engine's memory reached %.1f MiB for a record of %d MB", float64(peak)/(1<<20), size/1_000_000)
	}
}
