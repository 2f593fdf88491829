package connection

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestASchedulesWordsAreThoseOfTheUser(t *testing.T) {
	for _, c := range []struct {
		schedule *Schedule
		want     string
		manual   bool
	}{
		{nil, "manual", true},
		{&Schedule{Manual: true}, "manual", true},
		{&Schedule{Cron: "0 2 * * *"}, "0 2 * * *", false},
		{&Schedule{Cron: "0 2 * * *", TimeZone: "Europe/Berlin"}, "0 2 * * * Europe/Berlin", false},
		{&Schedule{Every: Duration(time.Hour)}, "every 1h", false},
		{&Schedule{Every: Duration(90 * time.Minute)}, "every 1h30m", false},
		{&Schedule{Every: Duration(10*time.Minute + 10*time.Second)}, "every 10m10s", false},
		{&Schedule{Every: Duration(10 * time.Minute)}, "every 10m", false},
	} {
		conn := Connection{Spec: ConnectionSpec{Schedule: c.schedule}}
		conn.Default()
		if s := conn.Spec.Schedule; s.String() != c.want || s.IsManual() != c.manual {
			t.Errorf("%+v is %q, manual %t", c.schedule, s, s.IsManual())
		}
	}
}

func TestDefaultsOfASchedulePassItsOwnChecks(t *testing.T) {
	for _, s := range []Schedule{{Manual: true}, {Cron: "0 2 * * *"}, {Every: Duration(time.Minute)}} {
		conn := Connection{Spec: ConnectionSpec{Source: "s", Destination: "d", Schedule: &s, Notifications: []Notification{{Webhook: "http://h"}}}}
		conn.Metadata.Name = "c"
		conn.Default()
		once := s
		conn.Default()
		r := &reader{}
		conn.check(r)
		if len(r.problems) > 0 || !reflect.DeepEqual(once, s) {
			t.Errorf("%+v: %v", s, r.problems)
		}
	}
}

func TestCronKnowsWhatCrontabKnows(t *testing.T) {
	for _, text := range []string{"0 0 * * THU", "0 0 1,15 jan-MAR *", "*/5 9-17 * * 1-5", "0 0 29 2 *", "0 0 31 2 1", "0  0\t* * 7"} {
		if message, _ := cronMistake(text); message != "" {
			t.Errorf("%q: %s", text, message)
		}
	}
	for _, text := range []string{"", "* * * *", "0 0 * * 8", "a b c d e", "0 0 30 2 *", "H H * * *", "0 0 L * *", "0 0 * * 5#3", "CRON_TZ=UTC 0 0 * * *", "\x00 * * * *", strings.Repeat("1,", 200) + "1 * * * *", "@reboot", "-1 * * * *", "*/0 * * * *"} {
		if message, _ := cronMistake(text); message == "" {
			t.Errorf("%q passes", text)
		}
	}
}
