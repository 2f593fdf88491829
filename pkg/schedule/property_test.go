package schedule_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"knelt.dev/pkg/schedule"
)

// TestDueTimesAreThoseOfAClockOnTheWall compares with somebody who looks at the
// clock once a minute: what matches is due, at the first sight of it, and what
// the clock jumped over is due when it jumps.
func TestDueTimesAreThoseOfAClockOnTheWall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{
			"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Casablanca", "Pacific/Apia", "UTC",
		}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		// Most days have no change: half of the time, one that has.
		from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 2*365*24*60).Draw(t, "minute")) * time.Minute)
		if _, change := from.In(zone).ZoneBounds(); change.Year() > 1 && change.Year() < 2030 && rapid.Bool().Draw(t, "at a change") {
			from = change.Add(-time.Duration(rapid.IntRange(-90, 24*60).Draw(t, "before")) * time.Minute)
		}
		minutes := draw(t, "minutes", 0, 59)
		hours := draw(t, "hours", 0, 23)
		if rapid.Bool().Draw(t, "any hour") {
			hours = nil
		}
		text := field(minutes) + " " + field(hours) + " * * *"
		s := parse(t, schedule.Spec{Cron: text, TimeZone: zone.String()})
		want := watch(zone, minutes, hours, from)
		got := s.Decide("any", schedule.Past{Since: from}, from).Next
		if !got.Equal(want) {
			t.Fatalf("%s in %s after %s: %s, want %s", text, zone, from.In(zone), got.In(zone), want.In(zone))
		}
	})
}

func draw(t *rapid.T, name string, least, most int) []int {
	list := rapid.SliceOfNDistinct(rapid.IntRange(least, most), 1, 5, rapid.ID[int]).Draw(t, name)
	slices.Sort(list)
	return list
}

func field(list []int) string {
	if list == nil {
		return "*"
	}
	text := ""
	for i, n := range list {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprint(n)
	}
	return text
}

// watch gives the first minute after from that is due.
func watch(zone *time.Location, minutes, hours []int, from time.Time) time.Time {
	fits := func(hour, minute int) bool {
		return slices.Contains(minutes, minute) && (hours == nil || slices.Contains(hours, hour))
	}
	seen := map[string]bool{} // what the clock has shown since the day before
	before := from.Add(-48 * time.Hour)
	for m := before; ; m = m.Add(time.Minute) {
		shown, last := m.In(zone), m.Add(-time.Minute).In(zone)
		key := shown.Format("2006-01-02 15:04")
		due := fits(shown.Hour(), shown.Minute()) && (hours == nil || !seen[key])
		seen[key] = true
		if hours != nil {
			for wall := face(last).Add(time.Minute); wall.Before(face(shown)); wall = wall.Add(time.Minute) {
				due = due || fits(wall.Hour(), wall.Minute()) // jumped over
			}
		}
		if due && m.After(from) {
			return m
		}
	}
}

// face is what is shown, on a clock that is never changed.
func face(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)
}

// TestEveryDueTimeIsAskedForOnceWhateverTheTicks: ticks come at any times, also
// earlier than the one before. With All each due time comes once, in its order;
// with the others none comes twice and none is made up.
func TestEveryDueTimeIsAskedForOnceWhateverTheTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		catchUp := rapid.SampledFrom([]schedule.CatchUp{schedule.Once, schedule.Never, schedule.All}).Draw(t, "catchUp")
		spec := rapid.SampledFrom([]schedule.Spec{
			{Cron: "*/7 * * * *"}, {Cron: "0 2,3 * * *", TimeZone: "Europe/Berlin"}, {Every: 11 * time.Minute},
		}).Draw(t, "spec")
		spec.CatchUp = catchUp
		spec.Jitter = time.Duration(rapid.IntRange(0, 300).Draw(t, "jitter")) * time.Second
		s := parse(t, spec)
		start := time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC)
		past, now := schedule.Past{Since: start}, start
		var asked []time.Time
		for range rapid.IntRange(1, 60).Draw(t, "ticks") {
			now = now.Add(time.Duration(rapid.IntRange(-1200, 3600).Draw(t, "passed")) * time.Second)
			switch d := s.Decide("orders", past, now); {
			case !d.Due.IsZero():
				if d.Due.After(now) {
					t.Fatalf("%s was due at %s", d.Due, now)
				}
				asked, past.Due = append(asked, d.Due), d.Due
			case !d.Passed.IsZero():
				past.Due = d.Passed
			}
		}
		all := parse(t, schedule.Spec{Cron: spec.Cron, TimeZone: spec.TimeZone, Every: spec.Every, CatchUp: schedule.All})
		nominal, in := map[time.Time]int{}, schedule.Past{Since: start}
		for i := range 500 {
			d := all.Decide("orders", in, start.AddDate(1, 0, 0))
			nominal[d.Due.UTC()], in.Due = i+1, d.Due
		}
		last := 0
		for _, due := range asked {
			n := nominal[due.UTC()]
			if n <= last || catchUp == schedule.All && n != last+1 {
				t.Fatalf("asked for %s, number %d, after number %d", due, n, last)
			}
			last = n
		}
	})
}
