package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Count writes a number in groups of three digits: 1,234,567.
func Count(n int64) string { return group(strconv.FormatInt(n, 10)) }

// group puts commas into a number without a fraction.
func group(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return sign + b.String()
}

// Megabytes writes a number of bytes in MB of 10^6 bytes, without the unit.
func Megabytes(bytes float64) string {
	text := strconv.FormatFloat(bytes/1e6, 'f', 2, 64)
	whole, fraction, _ := strings.Cut(text, ".")
	return group(whole) + "." + fraction
}

// Duration writes how long something took: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min.
func Duration(d time.Duration) string {
	switch seconds := int64(d.Round(time.Second) / time.Second); {
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case seconds < 60:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 3600:
		return fmt.Sprintf("%d min %02d s", seconds/60, seconds%60)
	default:
		return fmt.Sprintf("%d h %02d min", seconds/3600, seconds%3600/60)
	}
}

// Plural gives "1 stream", "2 streams", "1,000 streams".
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}
