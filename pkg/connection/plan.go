package connection

import (
	"time"

	"knelt.dev/pkg/schedule"
)

// Plan gives the schedule as pkg/schedule, which decides when syncs are due,
// takes it; without a schedule (nil), the manual one.
func (s *Schedule) Plan() schedule.Spec {
	if s == nil {
		return schedule.Spec{Manual: true}
	}
	return schedule.Spec{
		Cron: s.Cron, TimeZone: s.TimeZone, Every: time.Duration(s.Every), From: schedule.From(s.From),
		Manual: s.Manual, Jitter: time.Duration(s.Jitter), CatchUp: schedule.CatchUp(s.CatchUp),
	}
}
