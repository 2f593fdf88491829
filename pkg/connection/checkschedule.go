package connection

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a zone is right or wrong everywhere alike; container images often have none
)

const (
	scheduleField = "spec.schedule"
	// longestWait bounds intervals; a mistaken unit is beyond it.
	longestWait = Duration(366 * 24 * time.Hour)
)

func (r *reader) checkSchedule(o Origin, s *Schedule) {
	if s == nil || r.reported(scheduleField) {
		return
	}
	c := scheduleCheck{r, o, s}
	if c.one() {
		c.cron()
		c.every()
		c.jitter()
	}
	checkWord(r, o, scheduleField+".from", s.From, "beginning", FromStart, FromEnd)
	checkWord(r, o, scheduleField+".catchUp", s.CatchUp, "way to catch up", CatchUpOnce, CatchUpNever, CatchUpAll)
}

type scheduleCheck struct {
	*reader
	o Origin
	s *Schedule
}

func (c scheduleCheck) fail(field, message, hint string) {
	c.reportAt(c.o, strings.TrimSuffix(scheduleField+"."+field, "."), message, hint)
}

// one tells whether exactly one of the three ways is chosen, and nothing stands
// there that belongs to another.
func (c scheduleCheck) one() bool {
	var chosen []string
	for name, is := range map[string]bool{"cron": c.s.Cron != "", "every": c.s.Every != 0, "manual": c.s.Manual} {
		if is {
			chosen = append(chosen, name)
		}
	}
	switch len(chosen) {
	case 0:
		c.fail("", "names none of cron, every and manual", `write cron: "0 2 * * *", every: 1h, or manual: true`)
		return false
	case 1:
		c.stray(chosen[0])
		return true
	}
	c.fail("", "has "+listNames(chosen), "keep one of them")
	return false
}

// stray reports fields that have no meaning beside the chosen one.
func (c scheduleCheck) stray(chosen string) {
	if c.s.TimeZone != "" && chosen != "cron" {
		c.fail("timeZone", "has no meaning without cron", "leave it out")
	}
	if c.s.From != "" && chosen != "every" {
		c.fail("from", "has no meaning without every", "leave it out")
	}
	if chosen != "manual" {
		return
	}
	if c.s.Jitter != 0 {
		c.fail("jitter", "has no meaning beside manual", "leave it out")
	}
	if c.s.CatchUp != "" {
		c.fail("catchUp", "has no meaning beside manual", "leave it out")
	}
}

func (c scheduleCheck) cron() {
	if c.s.Cron == "" {
		return
	}
	if message, hint := cronMistake(c.s.Cron); message != "" {
		c.fail("cron", message, hint)
	}
	if zone := c.s.TimeZone; zone != "" && !knownZone(zone) {
		c.fail("timeZone", excerpt(zone)+" is no time zone", "write an IANA name such as Europe/Berlin or UTC")
	}
}

// knownZone: Local would be another zone on each machine.
func knownZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local"
}

func (c scheduleCheck) every() {
	switch every := c.s.Every; {
	case every < 0 || every > 0 && every < Duration(time.Second):
		c.fail("every", every.String()+" is too short", "write at least 1s")
	case every > longestWait:
		c.fail("every", fmt.Sprintf("%s is longer than a year", every), "is the unit right?")
	}
}

func (c scheduleCheck) jitter() {
	switch jitter := c.s.Jitter; {
	case jitter < 0:
		c.fail("jitter", "is negative", `write the most that a sync may start later: "5m"`)
	case c.s.Every > 0 && jitter >= c.s.Every:
		c.fail("jitter", fmt.Sprintf("%s is not below every, %s", jitter, c.s.Every), "choose a shorter one")
	case jitter > longestWait:
		c.fail("jitter", fmt.Sprintf("%s is longer than a year", jitter), "is the unit right?")
	}
}
