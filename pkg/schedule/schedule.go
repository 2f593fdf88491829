package schedule

import (
	"hash/fnv"
	"strings"
	"time"
)

// Schedule is a Spec that was read. The zero Schedule is manual.
type Schedule struct {
	spec Spec
	cron *cron
}

// Parse reads a Spec. The error is a *SpecError.
func Parse(s Spec) (Schedule, error) {
	wrong := s.check()
	var c *cron
	if s.Cron != "" {
		var mistakes []Mistake
		c, mistakes = parseCron(s.Cron, s.TimeZone)
		wrong = append(wrong, mistakes...)
	}
	if len(wrong) > 0 {
		return Schedule{}, &SpecError{wrong}
	}
	if s.From == "" && s.Every != 0 {
		s.From = FromStart
	}
	if s.CatchUp == "" {
		s.CatchUp = Once
	}
	return Schedule{s, c}, nil
}

// Manual tells that nothing is ever due by itself.
func (s Schedule) Manual() bool { return s.spec.Cron == "" && s.spec.Every == 0 }

// String gives the schedule for people, such as "0 2 * * * Europe/Berlin, jitter
// 5m0s". Two schedules that differ in when syncs are due differ in it.
func (s Schedule) String() string {
	var text string
	switch {
	case s.Manual():
		return "manual"
	case s.cron != nil:
		text = s.cron.String()
	default:
		text = "every " + short(s.spec.Every)
		if s.spec.From == FromEnd {
			text += " from the end"
		}
	}
	if s.spec.Jitter > 0 {
		text += ", jitter " + short(s.spec.Jitter)
	}
	if s.spec.CatchUp != Once {
		text += ", catch up " + string(s.spec.CatchUp)
	}
	return text
}

// short writes a duration without units that are zero: "1h", not "1h0m0s".
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// delay is the jitter of a connection: of its name alone, so that it is the same
// in every process and at every time, and spreads what is due at one time.
func (s Schedule) delay(connection string) time.Duration {
	if s.spec.Jitter <= 0 || s.Manual() {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(connection)) // a hash refuses nothing
	most := uint64(s.spec.Jitter/time.Millisecond) + 1
	return time.Duration(mix(h.Sum64())%most) * time.Millisecond
}

// mix spreads the bits of a hash: names that differ in their last letter alone
// would else lie close together.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
