package connection

import (
	"time"

	"knelt.dev/pkg/schedule"
)

// Plan gives the schedule as what decides when syncs are due; without a schedule
// (nil), the manual one. The error is a *schedule.SpecError, of a document that
// was not checked.
func (s *Schedule) Plan() (schedule.Schedule, error) {
	if s == nil {
		return schedule.Parse(schedule.Spec{Manual: true})
	}
	return schedule.Parse(schedule.Spec{
		Cron: s.Cron, TimeZone: s.TimeZone, Every: time.Duration(s.Every), From: schedule.From(s.From),
		Manual: s.Manual, Jitter: time.Duration(s.Jitter), CatchUp: schedule.CatchUp(s.CatchUp),
	})
}
