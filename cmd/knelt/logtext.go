package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"knelt.dev/cmd/knelt/internal/report"
	"knelt.dev/pkg/synclog"
)

// entryText is one line of a log for people: time, level, origin, message,
// fields.
func entryText(e synclog.Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %-11s %s", e.Time.Local().Format("15:04:05.000"), e.Origin, logText(e.Level, e.Message))
	for _, key := range slices.Sorted(maps.Keys(e.Fields)) {
		fmt.Fprintf(&b, " %s=%s", report.Clean(key), report.Clean(fieldText(e.Fields[key])))
	}
	return b.String()
}

func logText(level synclog.Level, message string) string {
	return fmt.Sprintf("%-5s %s", level, report.Clean(message))
}

func fieldText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return fmt.Sprintf("%g", v)
	case time.Time:
		return v.Format(time.RFC3339)
	}
	return fmt.Sprint(v)
}
