package synclog

import (
	"errors"
	"regexp"
	"slices"
	"time"
)

// Query chooses lines of a log. The zero Query chooses all there are.
type Query struct {
	// Levels and Origins to give; empty means all.
	Levels  []Level
	Origins []Origin
	// Since leaves out lines that are older, Until those that are not (zero: no
	// limit).
	Since, Until time.Time
	// Grep leaves out lines whose message does not match.
	Grep *regexp.Regexp
	// Tail gives only the last so many of the lines chosen; 0 means all.
	Tail int
	// Skip leaves out the first so many of the lines chosen, Limit all after so
	// many more; 0 is no limit. They are not for use with Tail.
	Skip, Limit int
	// Follow goes on with lines as they are written, until the writer has closed
	// the log (or died), or the context ends.
	Follow bool
}

// Wants tells whether an entry is one of the lines chosen, wherever it stands.
func (q *Query) Wants(e *Entry) bool {
	return q.wantsKind(e.Origin, e.Level) &&
		!e.Time.Before(q.Since) && (q.Until.IsZero() || e.Time.Before(q.Until)) &&
		(q.Grep == nil || q.Grep.MatchString(e.Message))
}

func (q *Query) wantsKind(o Origin, l Level) bool {
	return (len(q.Levels) == 0 || slices.Contains(q.Levels, l)) && (len(q.Origins) == 0 || slices.Contains(q.Origins, o))
}

// WantsOf tells, by the index alone, how many lines of a file are chosen at most,
// and whether that is just how many there are.
func (q *Query) WantsOf(f *FileInfo) (most int64, exact bool) {
	if f.Lines > 0 && (f.Last.Before(q.Since) || !q.Until.IsZero() && !f.First.Before(q.Until)) {
		return 0, true
	}
	for origin, levels := range f.Counts {
		for level, n := range levels {
			if q.wantsKind(origin, level) {
				most += n
			}
		}
	}
	within := !f.First.Before(q.Since) && (q.Until.IsZero() || f.Last.Before(q.Until))
	return most, most == 0 || q.Grep == nil && within
}

// Page gives a function that passes on to give what Skip and Limit leave of the
// lines chosen, and ErrStopped once there is no more to come.
func (q *Query) Page(give func(Entry) error) func(Entry) error {
	if q.Skip <= 0 && q.Limit <= 0 {
		return give
	}
	skip, left := q.Skip, q.Limit
	return func(e Entry) error {
		if skip > 0 {
			skip--
			return nil
		}
		if err := give(e); err != nil {
			return err
		}
		if left--; left == 0 {
			return ErrStopped
		}
		return nil
	}
}

// ErrStopped ends a read of which no more is wanted.
var ErrStopped = errors.New("no more is wanted")
