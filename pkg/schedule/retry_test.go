package schedule_test

import (
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/schedule"
)

func TestWhatFollowsFromAnEnd(t *testing.T) {
	end := at(3, 0)
	after := end.Add
	for name, c := range map[string]struct {
		before schedule.Streak
		ending schedule.Ending
		want   schedule.Verdict
	}{
		"success ends every count":        {schedule.Streak{Failures: 7, Tries: 2}, schedule.Ending{Succeeded: true}, schedule.Verdict{}},
		"cancelled is nobody's failure":   {schedule.Streak{Failures: 7, Tries: 2}, schedule.Ending{Cancelled: true}, schedule.Verdict{Streak: schedule.Streak{Failures: 7}}},
		"the first failure":               {schedule.Streak{}, schedule.Ending{}, schedule.Verdict{Streak: schedule.Streak{Failures: 1, Tries: 1}, Retry: after(time.Minute), NotBefore: after(time.Minute)}},
		"the second":                      {schedule.Streak{Failures: 1, Tries: 1}, schedule.Ending{}, schedule.Verdict{Streak: schedule.Streak{Failures: 2, Tries: 2}, Retry: after(3 * time.Minute), NotBefore: after(3 * time.Minute)}},
		"the third: its due time is over": {schedule.Streak{Failures: 2, Tries: 2}, schedule.Ending{}, schedule.Verdict{Streak: schedule.Streak{Failures: 3, Tries: 3}, NotBefore: after(9 * time.Minute)}},
		"the longest wait":                {schedule.Streak{Failures: 15}, schedule.Ending{}, schedule.Verdict{Streak: schedule.Streak{Failures: 16, Tries: 1}, Retry: after(time.Hour), NotBefore: after(time.Hour)}},
		"the user's to mend":              {schedule.Streak{}, schedule.Ending{Final: true}, schedule.Verdict{Streak: schedule.Streak{Failures: 1, Tries: 1}, NotBefore: after(time.Minute)}},
		"progress is no failure":          {schedule.Streak{Failures: 19, Tries: 2}, schedule.Ending{Moved: true}, schedule.Verdict{Retry: after(time.Minute)}},
		"progress, then the user":         {schedule.Streak{Failures: 19, Tries: 2}, schedule.Ending{Moved: true, Final: true}, schedule.Verdict{}},
		"rate limited":                    {schedule.Streak{Failures: 5, Tries: 2}, schedule.Ending{Quota: after(2 * time.Hour)}, schedule.Verdict{Streak: schedule.Streak{Failures: 5, Tries: 2}, Retry: after(2 * time.Hour), NotBefore: after(2 * time.Hour)}},
		"rate limited after progress":     {schedule.Streak{Failures: 5, Tries: 2}, schedule.Ending{Quota: after(2 * time.Hour), Moved: true}, schedule.Verdict{Retry: after(2 * time.Hour), NotBefore: after(2 * time.Hour)}},
		"a quota of years":                {schedule.Streak{}, schedule.Ending{Quota: after(1e5 * time.Hour)}, schedule.Verdict{Retry: after(24 * time.Hour), NotBefore: after(24 * time.Hour)}},
		"a quota in the past":             {schedule.Streak{}, schedule.Ending{Quota: after(-time.Second)}, schedule.Verdict{Streak: schedule.Streak{Failures: 1, Tries: 1}, Retry: after(time.Minute), NotBefore: after(time.Minute)}},
	} {
		c.ending.At = end
		if got := (schedule.Policy{}).Judge(c.before, c.ending); got != c.want {
			t.Errorf("%s:\n%+v, want\n%+v", name, got, c.want)
		}
	}
}

func TestAConnectionThatGetsNoFurtherIsGivenUpWithAReason(t *testing.T) {
	var streak schedule.Streak
	for i := 1; ; i++ {
		v := schedule.Policy{}.Judge(streak, schedule.Ending{At: at(3, 0), Reason: "no such table"})
		streak = v.Streak
		if v.GaveUp == "" {
			continue
		}
		if i != 20 || !strings.Contains(v.GaveUp, "20 syncs in a row") || !strings.Contains(v.GaveUp, "no such table") || !v.Retry.IsZero() {
			t.Errorf("after %d failures: %+v", i, v)
		}
		return
	}
}
