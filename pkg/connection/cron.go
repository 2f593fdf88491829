package connection

import (
	"fmt"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

var cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.DowOrDom)

// cronMacros are what other crons know by a name.
var cronMacros = map[string]string{
	"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
	"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}

// longestCron is far beyond what anybody writes.
const longestCron = 256

const cronForm = `write minute, hour, day of month, month and day of week: "0 2 * * *" is 02:00 each day`

// cronMistake tells what is wrong with a cron expression and what to do; "" if
// nothing is.
func cronMistake(text string) (message, hint string) {
	switch {
	case len(text) > longestCron:
		return fmt.Sprintf("is longer than %d characters", longestCron), cronForm
	case strings.HasPrefix(text, "@every"):
		return excerpt(text) + " is no cron expression", "write every: 1h in place of cron"
	case strings.HasPrefix(text, "@"):
		if same := cronMacros[strings.ToLower(text)]; same != "" {
			return excerpt(text) + " is no cron expression", fmt.Sprintf("write %q", same)
		}
		return excerpt(text) + " is no cron expression", cronForm
	case strings.Contains(text, "="):
		return excerpt(text) + " names a time zone", "write that into timeZone"
	}
	if fields := len(strings.Fields(text)); fields != 5 {
		return fmt.Sprintf("%s has %d fields, must have 5", excerpt(text), fields), cronForm
	}
	// The library takes the H of THU for a hash.
	times, err := cronParser.Parse(strings.ToLower(text))
	if err != nil {
		return fmt.Sprintf("%s is no cron expression: %v", excerpt(text), err), cronForm
	}
	if times.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return excerpt(text) + " never comes", "does the month have that day?"
	}
	return "", ""
}
