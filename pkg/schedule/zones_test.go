package schedule_test

import (
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/schedule"
)

// failer is a test, or a try of a property.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func parse(t failer, s schedule.Spec) schedule.Schedule {
	t.Helper()
	parsed, err := schedule.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// due lists the due times of a schedule from a time on, each asked for as soon as
// it comes, as a clock in the zone shows them.
func due(t testing.TB, s schedule.Spec, zone *time.Location, from string, n int) string {
	t.Helper()
	since, err := time.ParseInLocation("2006-01-02 15:04", from, zone)
	if err != nil {
		t.Fatal(err)
	}
	parsed, past := parse(t, s), schedule.Past{Since: since}
	var list []string
	for range n {
		next := parsed.Decide("any", past, since).Next
		d := parsed.Decide("any", past, next)
		if !d.Due.Equal(next) {
			t.Fatalf("at its time %s is due %+v", next, d)
		}
		past.Due, since = d.Due, d.Due
		list = append(list, d.Due.In(zone).Format("02 15:04-07:00"))
	}
	return strings.Join(list, ", ")
}

// TestClocksThatAreChanged has the changes of 2026 in five zones: forward and
// back by an hour in both hemispheres, by half an hour, at midnight, and
// "negative" summer time. What is skipped comes once, at the change; what is
// shown twice comes the first time.
func TestClocksThatAreChanged(t *testing.T) {
	for _, c := range []struct{ zone, cron, from, want string }{
		// Berlin: 29 March 02:00 becomes 03:00, 25 October 03:00 becomes 02:00.
		{"Europe/Berlin", "30 2 * * *", "2026-03-27 12:00", "28 02:30+01:00, 29 03:00+02:00, 30 02:30+02:00"},
		{"Europe/Berlin", "0 2 * * *", "2026-03-27 12:00", "28 02:00+01:00, 29 03:00+02:00, 30 02:00+02:00"},
		{"Europe/Berlin", "0 3 * * *", "2026-03-27 12:00", "28 03:00+01:00, 29 03:00+02:00, 30 03:00+02:00"},
		{"Europe/Berlin", "15,45 1-3 * * *", "2026-03-29 00:00", "29 01:15+01:00, 29 01:45+01:00, 29 03:00+02:00, 29 03:15+02:00, 29 03:45+02:00, 30 01:15+02:00"},
		{"Europe/Berlin", "30 2 * * *", "2026-10-24 00:00", "24 02:30+02:00, 25 02:30+02:00, 26 02:30+01:00"},
		{"Europe/Berlin", "30 2 * * 0", "2026-10-24 00:00", "25 02:30+02:00, 01 02:30+01:00"},
		{"Europe/Berlin", "*/30 2 * * *", "2026-10-25 00:00", "25 02:00+02:00, 25 02:30+02:00, 26 02:00+01:00"},
		{"Europe/Berlin", "0 */2 * * *", "2026-10-25 00:00", "25 02:00+02:00, 25 04:00+01:00, 25 06:00+01:00"},
		// An open hour is every hour that passes.
		{"Europe/Berlin", "30 * * * *", "2026-03-29 00:00", "29 00:30+01:00, 29 01:30+01:00, 29 03:30+02:00, 29 04:30+02:00"},
		{"Europe/Berlin", "0 * * * *", "2026-03-29 00:30", "29 01:00+01:00, 29 03:00+02:00, 29 04:00+02:00"},
		{"Europe/Berlin", "0 * * * *", "2026-10-25 00:30", "25 01:00+02:00, 25 02:00+02:00, 25 02:00+01:00, 25 03:00+01:00"},
		{"Europe/Berlin", "0 * * * *", "2026-10-25 00:30", "25 01:00+02:00, 25 02:00+02:00, 25 02:00+01:00, 25 03:00+01:00"},
		{"Europe/Berlin", "0 0 * * *", "2026-10-24 12:00", "25 00:00+02:00, 26 00:00+01:00"},
		// New York: 8 March 02:00 becomes 03:00, 1 November 02:00 becomes 01:00.
		{"America/New_York", "30 2 * * *", "2026-03-07 00:00", "07 02:30-05:00, 08 03:00-04:00, 09 02:30-04:00"},
		{"America/New_York", "30 1 * * *", "2026-10-31 12:00", "01 01:30-04:00, 02 01:30-05:00"},
		// Lord Howe: 5 April 02:00 becomes 01:30, 4 October 02:00 becomes 02:30.
		{"Australia/Lord_Howe", "45 1 * * *", "2026-04-04 12:00", "05 01:45+11:00, 06 01:45+10:30"},
		{"Australia/Lord_Howe", "15 2 * * *", "2026-10-03 12:00", "04 02:30+11:00, 05 02:15+11:00"},
		{"Australia/Lord_Howe", "*/15 * * * *", "2026-10-04 01:40", "04 01:45+10:30, 04 02:30+11:00, 04 02:45+11:00"},
		{"Australia/Lord_Howe", "0 0 * * 0", "2026-04-04 12:00", "05 00:00+11:00, 12 00:00+10:30, 19 00:00+10:30"},
		// Havana: 8 March 00:00 becomes 01:00, 1 November 01:00 becomes 00:00.
		{"America/Havana", "0 0 * * *", "2026-03-06 12:00", "07 00:00-05:00, 08 01:00-04:00, 09 00:00-04:00"},
		{"America/Havana", "0 0 * * *", "2026-10-31 12:00", "01 00:00-04:00, 02 00:00-05:00"},
		// Dublin: winter is the time that is put back.
		{"Europe/Dublin", "30 1 * * *", "2026-03-28 12:00", "29 02:00+01:00, 30 01:30+01:00"},
		{"Europe/Dublin", "30 1 * * *", "2026-10-24 12:00", "25 01:30+01:00, 26 01:30+00:00"},
		// Of a zone that is never changed.
		{"Asia/Kathmandu", "0 2 * * *", "2026-03-28 12:00", "29 02:00+05:45, 30 02:00+05:45"},
		{"UTC", "0 0 * MAR THU", "2026-03-01 12:00", "05 00:00+00:00, 12 00:00+00:00"},
		// Days of month and week at once, as cron has them: either.
		{"UTC", "0 0 1 * MON", "2026-03-28 12:00", "30 00:00+00:00, 01 00:00+00:00, 06 00:00+00:00"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		n := strings.Count(c.want, ",") + 1
		if got := due(t, schedule.Spec{Cron: c.cron, TimeZone: c.zone}, zone, c.from, n); got != c.want {
			t.Errorf("%s %s from %s:\n%s, want\n%s", c.zone, c.cron, c.from, got, c.want)
		}
	}
}

// TestALeapDayIsWaitedFor over the year 2100, which has none.
func TestALeapDayIsWaitedFor(t *testing.T) {
	if got := due(t, schedule.Spec{Cron: "0 0 29 2 *"}, time.UTC, "2096-03-01 00:00", 1); got != "29 00:00+00:00" {
		t.Error(got)
	}
}
