package synclog

import (
	"regexp"
	"slices"
	"time"
)

// Query chooses lines of a log. The zero Query chooses all there are.
type Query struct {
	// Levels and Origins to give; empty means all.
	Levels  []Level
	Origins []Origin
	// Since leaves out lines that are older.
	Since time.Time
	// Grep leaves out lines whose message does not match.
	Grep *regexp.Regexp
	// Tail gives only the last so many of the lines chosen; 0 means all.
	Tail int
	// Follow goes on with lines as they are written, until the writer has closed
	// the log (or died), or the context ends.
	Follow bool
}

func (q *Query) wants(e *Entry) bool {
	return (len(q.Levels) == 0 || slices.Contains(q.Levels, e.Level)) &&
		(len(q.Origins) == 0 || slices.Contains(q.Origins, e.Origin)) &&
		!e.Time.Before(q.Since) &&
		(q.Grep == nil || q.Grep.MatchString(e.Message))
}

// wantsNoneOf tells, by the index, that a file holds nothing that is wanted.
func (q *Query) wantsNoneOf(f *FileInfo) bool {
	if f.Last.Before(q.Since) {
		return true
	}
	for origin, levels := range f.Counts {
		for level := range levels {
			if (len(q.Levels) == 0 || slices.Contains(q.Levels, level)) &&
				(len(q.Origins) == 0 || slices.Contains(q.Origins, origin)) {
				return false
			}
		}
	}
	return true
}
