package report

import (
	"math"
	"time"
)

// speed is a rate that follows what happens now without jumping.
type speed struct {
	at   time.Duration
	sum  int64
	rate float64
}

// smoothing is the time after which a change of speed shows by two thirds.
const smoothing = 3 * time.Second

// add takes the sum at a time since the start and gives the rate per second.
func (s *speed) add(at time.Duration, sum int64) float64 {
	passed := at - s.at
	if passed <= 0 {
		return s.rate
	}
	now := float64(sum-s.sum) / passed.Seconds()
	if s.at == 0 {
		s.rate = now
	} else {
		s.rate += (now - s.rate) * (1 - math.Exp(-float64(passed)/float64(smoothing)))
	}
	s.at, s.sum = at, sum
	return s.rate
}
