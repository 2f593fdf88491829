package synclog

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// appendEntry appends e as one line of JSON. All texts in it are valid UTF-8.
func appendEntry(b []byte, e *Entry) ([]byte, error) {
	b = append(b, `{"time":"`...)
	b = e.Time.UTC().AppendFormat(b, timeLayout)
	b = append(b, `","level":"`...)
	b = append(b, e.Level...)
	b = append(b, `","origin":"`...)
	b = append(b, e.Origin...)
	if e.Output != "" {
		b = append(b, `","stream":"`...)
		b = append(b, e.Output...)
	}
	b = append(b, `","message":`...)
	b = appendString(b, e.Message)
	if len(e.Fields) > 0 {
		fields, err := json.Marshal(e.Fields)
		if err != nil {
			return nil, fmt.Errorf("fields of a log line: %w", err)
		}
		b = append(append(b, `,"fields":`...), fields...)
	}
	return append(b, '}', '\n'), nil
}

// appendString appends s as a JSON string. It leaves <, > and & alone, which
// encoding/json would make unreadable for those who grep the files.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\t':
			b = append(b, '\\', 't')
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}

// text makes s fit for the log: redacted, valid UTF-8, at most limit bytes.
//
// The cut comes last, since half a secret is not recognised. A very long text is
// cut roughly beforehand, and what that cut may have halved (its last limit
// bytes) is thrown away.
func text(s string, limit int, redact func([]byte) []byte) string {
	whole := len(s)
	rough := whole > 2*limit
	if rough {
		s = s[:2*limit]
	}
	if redact != nil {
		s = string(redact([]byte(s)))
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	keep := len(s)
	if rough {
		keep = max(0, keep-limit)
	}
	keep = min(keep, limit)
	if keep == len(s) {
		return s
	}
	for keep > 0 && !utf8.RuneStart(s[keep]) {
		keep--
	}
	return fmt.Sprintf("%s... [cut: the line had %d bytes]", s[:keep], whole)
}

// scalar gives v as what JSON can say in one word: a bool, a number or a string.
func scalar(v any) any {
	switch v := v.(type) {
	case nil, bool, string, int, int64, uint64:
		return v
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprint(v)
		}
		return v
	case time.Duration:
		return v.String()
	case time.Time:
		return v.UTC().Format(timeLayout)
	case error, fmt.Stringer:
		return fmt.Sprint(v) // survives a nil pointer inside
	case []byte:
		return string(v)
	}
	if b, err := json.Marshal(v); err == nil {
		return string(b)
	}
	return fmt.Sprintf("%+v", v)
}
