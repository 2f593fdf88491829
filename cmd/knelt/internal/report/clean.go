package report

import (
	"strings"
	"unicode"
)

// Clean makes a connector's text fit to be shown: control characters, with which
// a terminal could be told to hide or forge lines, become blanks or �.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.TrimRight(text, "\r\n"))
}

// Cut shortens text to width characters.
func Cut(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	return string(runes[:width-1]) + "…"
}
