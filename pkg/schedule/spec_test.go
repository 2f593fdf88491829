package schedule_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/schedule"
)

func TestMistakesAreToldByFieldAllAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		spec schedule.Spec
		want []string
	}{
		"several kinds":    {schedule.Spec{Cron: "0 0 * * *", Every: time.Hour}, []string{"says several things; write one of cron, every and manual"}},
		"seconds":          {schedule.Spec{Cron: "0 0 2 * * *"}, []string{`cron: "0 0 2 * * *" is no cron expression; it has 6 fields: leave out the seconds`}},
		"four fields":      {schedule.Spec{Cron: "0 2 * *"}, []string{`cron: "0 2 * *" is no cron expression; it has 4 fields, and needs 5: minute, hour, day of month, month, day of week`}},
		"nothing in it":    {schedule.Spec{Cron: "  "}, []string{"it has 0 fields"}},
		"an hour too late": {schedule.Spec{Cron: "0 25 * * *"}, []string{`cron: "0 25 * * *": the hour "25": end of range (25) above maximum (23)`}},
		"no such day":      {schedule.Spec{Cron: "0 0 * * FUN"}, []string{`the day of week "fun": `}},
		"never":            {schedule.Spec{Cron: "0 0 31 2 *"}, []string{`cron: "0 0 31 2 *" names a day that never comes`}},
		"hash":             {schedule.Spec{Cron: "H * * * *"}, []string{`the minute "h"`}},
		"zone in cron":     {schedule.Spec{Cron: "TZ=UTC 0 0 * * *"}, []string{"the time zone has a field of its own: timeZone"}},
		"bare zone":        {schedule.Spec{Cron: "CRON_TZ="}, []string{"the time zone has a field of its own: timeZone"}},
		"every in cron":    {schedule.Spec{Cron: "@every 5m"}, []string{"write every: 1h instead of cron"}},
		"reboot":           {schedule.Spec{Cron: "@reboot"}, []string{"write its five fields"}},
		"zone":             {schedule.Spec{Cron: "0 0 * * *", TimeZone: "Europe/Bärlin"}, []string{`timeZone: there is no time zone "Europe/Bärlin"; write a name such as Europe/Berlin, America/New_York or UTC`}},
		"path":             {schedule.Spec{Cron: "0 0 * * *", TimeZone: "../../etc/passwd"}, []string{"timeZone: there is no time zone"}},
		"this machine's":   {schedule.Spec{Cron: "0 0 * * *", TimeZone: "Local"}, []string{`timeZone: "Local" is no time zone`}},
		"zone for nothing": {schedule.Spec{Every: time.Hour, TimeZone: "UTC"}, []string{"timeZone: has no effect without cron"}},
		"from for nothing": {schedule.Spec{Cron: "0 0 * * *", From: schedule.FromEnd}, []string{"from: has no effect without every"}},
		"too often":        {schedule.Spec{Every: time.Millisecond}, []string{"every: 1ms is too short; write at least 1s"}},
		"backwards":        {schedule.Spec{Every: -time.Hour, Jitter: -1}, []string{"every: -1h0m0s is too short", "jitter: is negative"}},
		"words":            {schedule.Spec{Every: time.Hour, From: "middle", CatchUp: "twice"}, []string{`from: "middle" is neither start nor end`, `catchUp: "twice" is none of once, never and all`}},
		"both":             {schedule.Spec{Cron: "x", TimeZone: "y", CatchUp: "z"}, []string{"catchUp: ", "timeZone: ", "cron: "}},
	} {
		_, err := schedule.Parse(c.spec)
		var wrong *schedule.SpecError
		if !errors.As(err, &wrong) || len(wrong.Mistakes) != len(c.want) {
			t.Errorf("%s: %v, want %d mistakes", name, err, len(c.want))
			continue
		}
		for i, want := range c.want {
			if got := wrong.Mistakes[i].String(); !strings.Contains(got, want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
}

func TestASpecIsToldInOneLine(t *testing.T) {
	for want, spec := range map[string]schedule.Spec{
		"manual":                              {},
		"0 2 * * * UTC":                       {Cron: " 0  2 * * *"},
		"0 0 * * * Europe/Berlin":             {Cron: "0 0 * * *", TimeZone: "Europe/Berlin"},
		"every 1h":                            {Every: time.Hour},
		"every 1h30m from the end":            {Every: 90 * time.Minute, From: schedule.FromEnd},
		"every 90s, jitter 5s":                {Every: 90 * time.Second, Jitter: 5 * time.Second},
		"0 0 * * mon UTC":                     {Cron: "0 0 * * MON"},
		"0 0 * * * UTC, catch up never":       {Cron: "0 0 * * *", CatchUp: schedule.Never},
		"every 24h, jitter 10m, catch up all": {Every: 24 * time.Hour, Jitter: 10 * time.Minute, CatchUp: schedule.All},
	} {
		if got := parse(t, spec).String(); got != strings.Replace(want, "90s", "1m30s", 1) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
