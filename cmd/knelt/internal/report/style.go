package report

import (
	"strings"

	"knelt.dev/pkg/store"
)

// Style tells whether text may be coloured.
type Style struct{ Colour bool }

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
)

func (s Style) paint(code, text string) string {
	if !s.Colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Status writes a status in its colour.
func (s Style) Status(status store.Status) string {
	switch status {
	case store.Succeeded:
		return s.paint(green, string(status))
	case store.Failed:
		return s.paint(red, string(status))
	case store.Incomplete, store.Cancelled:
		return s.paint(yellow, string(status))
	}
	return string(status)
}

// Good and Bad write an answer in its colour.
func (s Style) Good(text string) string { return s.paint(green, text) }

// Bad is for answers that need somebody to do something.
func (s Style) Bad(text string) string { return s.paint(red, text) }

// Bold is for the one line to read first.
func (s Style) Bold(text string) string { return s.paint(bold, text) }

// Item writes a point of a list, further lines of it set in.
func Item(text string) string {
	return "  - " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n"
}
