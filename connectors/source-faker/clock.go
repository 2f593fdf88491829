package main

import "time"

// epoch is updated_at of the row before the first; each row is a second later.
var epoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

const daySeconds = 24 * 60 * 60

// clock writes the time of rows. The date is kept from row to row, since to
// work it out for each would take longer than all else of a row.
type clock struct {
	day  int64
	date []byte
}

// append writes the time of row n: 2024-01-01T00:00:01Z.
func (c *clock) append(dst []byte, n int64) []byte {
	seconds := epoch + n
	if day := seconds / daySeconds; day != c.day || c.date == nil {
		c.day = day
		c.date = time.Unix(seconds, 0).UTC().AppendFormat(c.date[:0], "2006-01-02T")
	}
	rest := seconds % daySeconds
	h, m, s := rest/3600, rest/60%60, rest%60
	dst = append(dst, c.date...)
	return append(dst,
		byte('0'+h/10), byte('0'+h%10), ':',
		byte('0'+m/10), byte('0'+m%10), ':',
		byte('0'+s/10), byte('0'+s%10), 'Z')
}

// timeOf gives the time of row n as a string.
func timeOf(n int64) string { return string(new(clock).append(nil, n)) }

// rowAt gives the last row that is not later than the time.
func rowAt(text string) (int64, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, err
	}
	return max(0, t.Unix()-epoch), nil
}
