package schedule

import (
	"fmt"
	"strings"
	"time"
)

// Spec is a schedule as users write it: one of Cron, Every and Manual. In JSON,
// which is for programs only, times are in nanoseconds. It is comparable.
type Spec struct {
	// Cron has five fields: minute, hour, day of month, month, day of week. Where
	// both days are restricted, either of them is enough.
	Cron string `json:"cron,omitzero"`
	// TimeZone of Cron, as the IANA database names it; empty: UTC.
	TimeZone string `json:"timeZone,omitzero"`
	// Every is the time between two syncs.
	Every time.Duration `json:"every,omitzero"`
	// From is what Every counts from; empty: FromStart.
	From From `json:"from,omitzero"`
	// Manual: no sync is due before somebody asks for it. It is the schedule of
	// a Spec that says nothing.
	Manual bool `json:"manual,omitzero"`
	// Jitter delays each sync by up to as much. The delay is the connection's
	// own, and always the same.
	Jitter time.Duration `json:"jitter,omitzero"`
	// CatchUp is what is done about due times that could not be kept; empty:
	// Once.
	CatchUp CatchUp `json:"catchUp,omitzero"`
}

// From is what an interval counts from.
type From string

// What an interval counts from.
const (
	// FromStart: from when the last sync was due to start.
	FromStart From = "start"
	// FromEnd: from when the last sync ended.
	FromEnd From = "end"
)

// CatchUp is what is done about due times that passed while nothing could be
// started: nobody looked, or the connection's last sync still ran.
type CatchUp string

// The ways to catch up.
const (
	// Once: one sync for all of them, with the latest due time.
	Once CatchUp = "once"
	// Never: none. A due time counts as missed after Punctual.
	Never CatchUp = "never"
	// All: one for each, in their order.
	All CatchUp = "all"
)

// Punctual is how late a sync may be asked for and still be in time, where what
// is missed is not caught up: ticks come once a minute or so, and a few may be
// lost.
const Punctual = 10 * time.Minute

// Shortest is the least interval of Every.
const Shortest = time.Second

// Mistake is one thing that is wrong with a Spec.
type Mistake struct {
	// Field is that of the Spec as documents name it: "cron", "timeZone",
	// "every", "from", "jitter", "catchUp"; empty: they do not fit together.
	Field string
	// Message says what is wrong, Hint what to do.
	Message, Hint string
}

func (m Mistake) String() string {
	text := m.Message
	if m.Field != "" {
		text = m.Field + ": " + text
	}
	if m.Hint != "" {
		text += "; " + m.Hint
	}
	return text
}

// SpecError is everything that is wrong with a Spec.
type SpecError struct{ Mistakes []Mistake }

func (e *SpecError) Error() string {
	lines := make([]string, len(e.Mistakes))
	for i, m := range e.Mistakes {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}

// check tells what can be told without reading cron and time zone.
func (s Spec) check() []Mistake {
	var wrong []Mistake
	add := func(field, message, hint string) { wrong = append(wrong, Mistake{field, message, hint}) }
	if s.kinds() > 1 {
		add("", "says several things", "write one of cron, every and manual")
	}
	if s.TimeZone != "" && s.Cron == "" {
		add("timeZone", "has no effect without cron", "remove it")
	}
	if s.From != "" && s.Every == 0 {
		add("from", "has no effect without every", "remove it")
	}
	if s.Every != 0 && s.Every < Shortest {
		add("every", fmt.Sprintf("%s is too short", s.Every), fmt.Sprintf("write at least %s", Shortest))
	}
	if s.From != "" && s.From != FromStart && s.From != FromEnd {
		add("from", fmt.Sprintf("%q is neither start nor end", clip(string(s.From))), "")
	}
	if s.Jitter < 0 {
		add("jitter", "is negative", "write the longest delay")
	}
	if s.CatchUp != "" && s.CatchUp != Once && s.CatchUp != Never && s.CatchUp != All {
		add("catchUp", fmt.Sprintf("%q is none of once, never and all", clip(string(s.CatchUp))), "")
	}
	return wrong
}

func (s Spec) kinds() int {
	n := 0
	for _, is := range []bool{s.Cron != "", s.Every != 0, s.Manual} {
		if is {
			n++
		}
	}
	return n
}

// clip keeps a text from a document short in an error.
func clip(text string) string {
	if len(text) > 60 {
		return strings.ToValidUTF8(text[:60], "") + "..."
	}
	return text
}
