package schedule

import (
	"fmt"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // images of functions have no time zones

	parser "github.com/netresearch/go-cron"
)

// cron is a cron expression in a time zone. The parser's schedule is asked in
// UTC only, where no clock is ever changed: it gives times of a wall clock, and
// what a wall clock means where it is changed is decided here.
type cron struct {
	text  string
	walls parser.Schedule
	zone  *time.Location
	// hourly tells that the hour is left open, so that the expression means
	// every hour there is, not hours of the clock.
	hourly bool
}

// fields are named as users know them.
var fields = []string{"minute", "hour", "day of month", "month", "day of week"}

// The parser's own rule for a day of month and a day of week at once would be
// that both have to fit; cron's is that one of them has. The 29th of February
// can be eight years away.
var fiveFields = parser.MustNewParser(parser.Minute | parser.Hour | parser.Dom | parser.Month | parser.Dow | parser.DowOrDom).
	WithMaxSearchYears(9)

func parseCron(text, zoneName string) (*cron, []Mistake) {
	zone, wrong := parseZone(zoneName)
	c, mistake := parseFields(text)
	if mistake != nil {
		return nil, append(wrong, *mistake)
	}
	c.zone = zone
	return c, wrong
}

func parseZone(name string) (*time.Location, []Mistake) {
	hint := "write a name such as Europe/Berlin, America/New_York or UTC"
	if name == "Local" { // that of whatever machine reads it
		return nil, []Mistake{{"timeZone", `"Local" is no time zone`, hint}}
	}
	if zone, known := zones.Load(name); known {
		return zone.(*time.Location), nil // nothing else is kept there
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, []Mistake{{"timeZone", fmt.Sprintf("there is no time zone %q", clip(name)), hint}}
	}
	zones.Store(name, zone)
	return zone, nil
}

// zones are those that were read, by name: each costs a file, and thousands of
// connections have the same few.
var zones sync.Map

func parseFields(text string) (*cron, *Mistake) {
	expression := strings.ToLower(strings.Join(strings.Fields(text), " ")) // of THU the parser takes the H for a hash
	list := strings.Fields(expression)
	if hint := misfit(expression, len(list)); hint != "" {
		return nil, &Mistake{"cron", fmt.Sprintf("%q is no cron expression", clip(text)), hint}
	}
	walls, err := fiveFields.Parse(expression)
	if err != nil {
		return nil, &Mistake{"cron", fmt.Sprintf("%q: %s", clip(text), fault(list, err)), ""}
	}
	if walls.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, &Mistake{"cron", fmt.Sprintf("%q names a day that never comes", clip(text)), "does the month have that day?"}
	}
	return &cron{text: expression, walls: walls, hourly: list[1] == "*" || list[1] == "?" || list[1] == "*/1"}, nil
}

// misfit is the hint for what does not have five fields.
func misfit(text string, n int) string {
	switch {
	case strings.Contains(text, "="):
		return "the time zone has a field of its own: timeZone"
	case strings.HasPrefix(text, "@every"):
		return "write every: 1h instead of cron"
	case strings.HasPrefix(text, "@"):
		return "write its five fields"
	case n == 6:
		return "it has 6 fields: leave out the seconds"
	case n != len(fields):
		return fmt.Sprintf("it has %d fields, and needs 5: minute, hour, day of month, month, day of week", n)
	}
	return ""
}

// fault tells which field is wrong: the parser does not say.
func fault(list []string, err error) string {
	for i, field := range list {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = field
		if _, err := fiveFields.Parse(strings.Join(alone, " ")); err != nil {
			said := strings.TrimSuffix(err.Error(), fmt.Sprintf(": %q", field))
			return fmt.Sprintf("the %s %q: %s", fields[i], clip(field), said)
		}
	}
	return err.Error()
}

func (c *cron) String() string {
	if c.zone == time.UTC {
		return c.text + " UTC"
	}
	return c.text + " " + c.zone.String()
}

// next is the first time after t. A time that the clock skips (in spring) is at
// the change, once for all that is skipped; one that it shows twice (in autumn)
// is the first of the two. Where the hour is left open, hours are those that
// pass: the repeated one counts twice, of the skipped one there is nothing.
func (c *cron) next(t time.Time) time.Time {
	if c.hourly {
		return c.nextPassing(t)
	}
	for wall := wallOf(t, c.zone); ; {
		if wall = c.walls.Next(wall); wall.IsZero() {
			return time.Time{}
		}
		if at := instant(wall, c.zone); at.After(t) {
			return at
		}
	}
}

func (c *cron) nextPassing(t time.Time) time.Time {
	for t := t; ; {
		wall := c.walls.Next(wallOf(t, c.zone))
		if wall.IsZero() {
			return time.Time{}
		}
		at := t.Add(wall.Sub(wallOf(t, c.zone)))
		_, change := t.In(c.zone).ZoneBounds()
		if change.IsZero() || at.Before(change) {
			return at.UTC()
		}
		// What the clock shows from the change on is another thing. The change
		// itself is the first time that counts.
		first := c.walls.Next(wallOf(change, c.zone).Add(-time.Nanosecond))
		if first.Equal(wallOf(change, c.zone)) {
			return change.UTC()
		}
		t = change
	}
}
