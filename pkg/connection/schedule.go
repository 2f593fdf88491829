package connection

// Schedule says when a connection is synced by itself: by one of cron, every and
// manual.
type Schedule struct {
	// Cron has the five fields minute, hour, day of month, month and day of week:
	// "0 2 * * *" is 02:00 each day. Where both days are restricted, either of
	// them is enough.
	Cron string `json:"cron,omitempty"`
	// TimeZone is where Cron is read, an IANA name such as Europe/Berlin (default
	// UTC). A time that the clock skips comes when it has been skipped, one that
	// comes twice counts once.
	TimeZone string `json:"timeZone,omitempty"`
	// Every is the time from one sync to the next.
	Every Duration `json:"every,omitempty"`
	// From tells whether Every counts from the last sync's start (the default) or
	// its end.
	From ScheduleFrom `json:"from,omitempty"`
	// Manual syncs only when asked to. It is what a connection without a schedule
	// does.
	Manual bool `json:"manual,omitempty"`
	// Jitter is the most by which a sync starts later than it is due, so that not
	// all connections start in the same second. How much later is chosen by the
	// connection's name and does not change.
	Jitter Duration `json:"jitter,omitempty"`
	// CatchUp says what becomes of the times that passed while nothing could
	// start (default once).
	CatchUp CatchUp `json:"catchUp,omitempty"`
}

// ScheduleFrom is where an interval begins.
type ScheduleFrom string

// The beginnings of an interval.
const (
	FromStart ScheduleFrom = "start"
	FromEnd   ScheduleFrom = "end"
)

// CatchUp says how many syncs make up for times that passed while nothing could
// start: while the scheduler was away, or another sync of the connection ran.
type CatchUp string

// The ways to catch up.
const (
	// CatchUpOnce starts one sync for all times that passed.
	CatchUpOnce CatchUp = "once"
	// CatchUpNever waits for the next time.
	CatchUpNever CatchUp = "never"
	// CatchUpAll starts one sync after the other, for each time that passed.
	CatchUpAll CatchUp = "all"
)

// IsManual tells whether a connection is synced only when asked to; true of a
// connection without a schedule (nil).
func (s *Schedule) IsManual() bool { return s == nil || s.Cron == "" && s.Every == 0 }

// String is the schedule in a few words: "0 2 * * * Europe/Berlin", "every 1h",
// "manual".
func (s *Schedule) String() string {
	switch {
	case s.IsManual():
		return "manual"
	case s.Cron == "":
		return "every " + s.Every.short()
	case s.TimeZone == DefaultTimeZone:
		return s.Cron
	}
	return s.Cron + " " + s.TimeZone
}

func (s *Schedule) fill() {
	if s == nil || s.IsManual() {
		return
	}
	if s.Cron != "" {
		setDefault(&s.TimeZone, DefaultTimeZone)
	}
	if s.Every != 0 {
		setDefault(&s.From, FromStart)
	}
	setDefault(&s.CatchUp, CatchUpOnce)
}
