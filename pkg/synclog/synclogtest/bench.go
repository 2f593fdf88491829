package synclogtest

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/synclog"
)

// Benchmark measures what CPU a line costs this process, from Write to where it is
// kept, at a pace at which few are dropped: those would make it look cheap.
func Benchmark(b *testing.B, h Home) {
	l, err := h.Open(orders, 1, synclog.Options{QueueBytes: 8 << 20, FlushBytes: 256 << 10, TotalBytes: 4 << 30, CloseWithin: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	e := synclog.Entry{Origin: synclog.Destination, Output: synclog.Stdout, Message: "flushed a batch of 1000 rows into table users " + strings.Repeat("x", 50)}
	b.ReportAllocs()
	before, n := cpu(b), 0
	for b.Loop() {
		l.Write(e)
		if n++; n%1000 == 0 {
			time.Sleep(2 * time.Millisecond)
		}
	}
	dropped := l.Dropped()
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(n), "cpu-ns/op")
	b.ReportMetric(float64(dropped), "dropped")
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
