// Package progress tells what is done now and since when, on standard error.
package progress

import (
	"fmt"
	"os"
	"time"
)

var started = time.Now()

// interval is short enough to know that it goes on, and long enough for a log.
const interval = 20 * time.Second

// Say prints a line with the seconds since the tool was started.
func Say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%4.0fs  %s\n", time.Since(started).Seconds(), fmt.Sprintf(format, args...))
}

// During says what f does, again and again for as long as it takes.
func During(what string, f func() error) error {
	begin := time.Now()
	Say("%s", what)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	done := make(chan error, 1)
	go func() { done <- f() }()
	for {
		select {
		case err := <-done:
			if took := time.Since(begin); err == nil && took > interval {
				Say("%s: done in %.0f s", what, took.Seconds())
			}
			return err
		case <-ticker.C:
			Say("%s, for %.0f s now", what, time.Since(begin).Seconds())
		}
	}
}
