package main

import (
	"math"
	"time"
)

// pace holds a rate in rows per second.
type pace struct {
	rate  float64
	start time.Time
	// chunk is how many rows are made at a time: those of ten milliseconds.
	chunk int64
}

func newPace(rate float64, start time.Time) pace {
	p := pace{rate: rate, start: start, chunk: math.MaxInt64}
	if rate > 0 {
		p.chunk = max(1, int64(rate/100))
	}
	return p
}

// ahead tells how much too early it is after the given number of rows.
func (p pace) ahead(rows int64, now time.Time) time.Duration {
	if p.rate <= 0 {
		return 0
	}
	due := time.Duration(float64(rows) / p.rate * float64(time.Second))
	return due - now.Sub(p.start)
}
