package pace

import (
	"fmt"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies keeps durations from a microsecond to an hour, with three digits. It
// may be used by several goroutines; its zero value is empty.
type Latencies struct {
	mu   sync.Mutex
	kept *hdrhistogram.Histogram
}

// Record keeps a duration. One that is negative, or longer than an hour, is an
// error: a clock is wrong, or somebody forgot to give up.
func (l *Latencies) Record(d time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil {
		l.kept = hdrhistogram.New(1, time.Hour.Microseconds(), 3)
	}
	if d < 0 {
		return fmt.Errorf("a latency of %s", d)
	}
	if err := l.kept.RecordValue(d.Microseconds()); err != nil {
		return fmt.Errorf("a latency of %s: %w", d, err)
	}
	return nil
}

// Count is how many it has.
func (l *Latencies) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil {
		return 0
	}
	return int(l.kept.TotalCount())
}

// At is the duration that a share of all, 0 to 100 percent, did not exceed; 0 if
// there is none.
func (l *Latencies) At(percent float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil {
		return 0
	}
	return time.Duration(l.kept.ValueAtQuantile(percent)) * time.Microsecond
}
