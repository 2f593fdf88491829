package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"knelt.dev/pkg/schedule"
)

func at(hour, minute int) time.Time { return time.Date(2026, 3, 1, hour, minute, 0, 0, time.UTC) }

func TestWhatIsDue(t *testing.T) {
	hourly := schedule.Spec{Cron: "0 * * * *"}
	with := func(s schedule.Spec, c schedule.CatchUp) schedule.Spec { s.CatchUp = c; return s }
	every := schedule.Spec{Every: time.Hour}
	fromEnd := schedule.Spec{Every: time.Hour, From: schedule.FromEnd}
	day := func(d int) time.Time { return at(0, 0).AddDate(0, 0, d) }
	for name, c := range map[string]struct {
		spec schedule.Spec
		past schedule.Past
		now  time.Time
		want schedule.Decision
	}{
		"manual":                     {schedule.Spec{Manual: true}, schedule.Past{Since: at(0, 0)}, day(300), schedule.Decision{}},
		"before its time":            {hourly, schedule.Past{Since: at(1, 30)}, at(1, 59), schedule.Decision{Next: at(2, 0)}},
		"at its time":                {hourly, schedule.Past{Since: at(1, 30)}, at(2, 0), schedule.Decision{Due: at(2, 0)}},
		"not what was due before":    {hourly, schedule.Past{Since: at(2, 0)}, at(2, 0), schedule.Decision{Next: at(3, 0)}},
		"not what was asked for":     {hourly, schedule.Past{Since: at(1, 0), Due: at(2, 0)}, at(2, 30), schedule.Decision{Next: at(3, 0)}},
		"missed: once, the latest":   {hourly, schedule.Past{Since: at(1, 0), Due: at(2, 0)}, at(7, 10), schedule.Decision{Due: at(7, 0)}},
		"missed for a month":         {schedule.Spec{Cron: "* * * * *"}, schedule.Past{Since: at(1, 0)}, day(30), schedule.Decision{Due: day(30)}},
		"missed on few days":         {schedule.Spec{Cron: "* 5 1 * *"}, schedule.Past{Since: at(1, 0)}, day(100), schedule.Decision{Due: time.Date(2026, 6, 1, 5, 59, 0, 0, time.UTC)}},
		"missed: never":              {with(hourly, schedule.Never), schedule.Past{Since: at(1, 0), Due: at(2, 0)}, at(7, 11), schedule.Decision{Passed: at(7, 0), Next: at(8, 0)}},
		"hardly late: never":         {with(hourly, schedule.Never), schedule.Past{Since: at(1, 0), Due: at(2, 0)}, at(7, 10), schedule.Decision{Due: at(7, 0)}},
		"missed: all, the first":     {with(hourly, schedule.All), schedule.Past{Since: at(1, 0), Due: at(2, 0)}, at(7, 10), schedule.Decision{Due: at(3, 0)}},
		"a new interval at once":     {every, schedule.Past{Since: at(1, 7)}, at(1, 7), schedule.Decision{Due: at(1, 7)}},
		"a new one from the end too": {fromEnd, schedule.Past{Since: at(1, 7)}, at(1, 8), schedule.Decision{Due: at(1, 7)}},
		"never twice":                {fromEnd, schedule.Past{Since: at(1, 7), Due: at(1, 7)}, at(1, 8), schedule.Decision{Next: at(2, 7)}},
		"from the start":             {every, schedule.Past{Since: at(1, 0), Due: at(1, 0), Start: at(1, 0), End: at(1, 40)}, at(1, 59), schedule.Decision{Next: at(2, 0)}},
		"from the end":               {fromEnd, schedule.Past{Since: at(1, 0), Due: at(1, 0), Start: at(1, 0), End: at(1, 40)}, at(2, 40), schedule.Decision{Due: at(2, 40)}},
		"from one asked for by hand": {every, schedule.Past{Since: at(1, 0), Due: at(1, 0), Start: at(1, 20), End: at(1, 40)}, at(2, 0), schedule.Decision{Next: at(2, 20)}},
		"missed intervals: once":     {every, schedule.Past{Since: at(1, 0), Due: at(1, 0), Start: at(1, 0)}, at(5, 30), schedule.Decision{Due: at(5, 0)}},
		"missed intervals: all":      {with(every, schedule.All), schedule.Past{Since: at(1, 0), Due: at(1, 0), Start: at(1, 0)}, at(5, 30), schedule.Decision{Due: at(2, 0)}},
		"missed intervals: never":    {with(fromEnd, schedule.Never), schedule.Past{Since: at(1, 0), Due: at(1, 0), Start: at(1, 0), End: at(1, 5)}, at(5, 30), schedule.Decision{Passed: at(5, 5), Next: at(6, 5)}},
		"passed over: never":         {with(fromEnd, schedule.Never), schedule.Past{Since: at(1, 0), Due: at(5, 5), Start: at(1, 0), End: at(1, 5)}, at(5, 30), schedule.Decision{Next: at(6, 5)}},
		"resumed: not what was due":  {hourly, schedule.Past{Since: at(5, 30), Due: at(1, 0)}, at(5, 30), schedule.Decision{Next: at(6, 0)}},
		"resumed: the next interval": {every, schedule.Past{Since: at(5, 30), Due: at(1, 0), Start: at(1, 0)}, at(5, 30), schedule.Decision{Next: at(6, 0)}},
		"a clock that was put back":  {hourly, schedule.Past{Since: at(1, 0), Due: at(5, 0)}, at(3, 30), schedule.Decision{Next: at(6, 0)}},
	} {
		got := parse(t, c.spec).Decide("orders", c.past, c.now)
		if !got.Due.Equal(c.want.Due) || !got.Next.Equal(c.want.Next) || !got.Passed.Equal(c.want.Passed) {
			t.Errorf("%s:\n%v, want\n%v", name, got, c.want)
		}
	}
}

func TestWhatIsDueNext(t *testing.T) {
	past := schedule.Past{Since: at(1, 0), Due: at(2, 0), Start: at(2, 0)}
	for want, spec := range map[time.Time]schedule.Spec{
		at(7, 0): {Cron: "0 * * * *"}, at(6, 50): {Every: 10 * time.Minute}, {}: {Every: time.Hour, From: schedule.FromEnd},
	} {
		if got := parse(t, spec).Upcoming(past, at(6, 40)); !got.Equal(want) {
			t.Errorf("%+v: %s, want %s", spec, got, want)
		}
	}
	if got := parse(t, schedule.Spec{}).Upcoming(past, at(6, 40)); !got.IsZero() {
		t.Errorf("a manual one is due at %s", got)
	}
}

func TestJitterIsTheConnectionsOwnAndSpreads(t *testing.T) {
	s := parse(t, schedule.Spec{Cron: "0 * * * *", Jitter: 10 * time.Minute})
	past := schedule.Past{Since: at(1, 30)}
	slots := map[int]int{}
	for i := range 10_000 {
		name := fmt.Sprintf("team/orders-%05d", i)
		next := s.Decide(name, past, at(1, 30)).Next
		delay := next.Sub(at(2, 0))
		if delay < 0 || delay > 10*time.Minute {
			t.Fatalf("%s: delayed by %s", name, delay)
		}
		slots[int(delay/time.Minute)]++
		if d := s.Decide(name, past, next.Add(-time.Millisecond)); !d.Due.IsZero() || !d.Next.Equal(next) {
			t.Fatalf("%s: %+v a moment before %s", name, d, next)
		}
		if d := s.Decide(name, past, next); !d.Due.Equal(at(2, 0)) {
			t.Fatalf("%s: %+v at %s, want the nominal time due", name, d, next)
		}
	}
	for minute := range 10 {
		if n := slots[minute]; n < 800 || n > 1200 {
			t.Errorf("%d of 10000 connections in minute %d, want about 1000", n, minute)
		}
	}
}
