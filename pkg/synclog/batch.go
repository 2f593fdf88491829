package synclog

import (
	"fmt"
	"time"
)

// line tells what a line in a batch's bytes is, so that the index can count it.
type line struct {
	end     int
	time    time.Time
	level   Level
	origin  Origin
	dropped int64
}

// Batch is a run of encoded lines.
type Batch struct {
	bytes []byte
	lines []line
}

// Bytes are the lines as JSON Lines. They are valid as long as the batch is.
func (b *Batch) Bytes() []byte { return b.bytes }

// Len is the number of lines.
func (b *Batch) Len() int { return len(b.lines) }

// Info counts the lines, as those of a file without a name.
func (b *Batch) Info() FileInfo {
	var info FileInfo
	start := 0
	for _, l := range b.lines {
		info.count(l, l.end-start)
		start = l.end
	}
	return info
}

// Gap gives a batch of one line, which tells that n others are missing; why is
// the rest of a sentence that begins with "n lines dropped".
func Gap(at time.Time, n int64, why string) (*Batch, error) {
	b := new(Batch)
	return b, b.add(note(at, n, "%d lines dropped"+why))
}

func (b *Batch) add(e *Entry) error {
	bytes, err := appendEntry(b.bytes, e)
	if err != nil {
		return err
	}
	b.bytes = bytes
	b.lines = append(b.lines, line{len(bytes), e.Time, e.Level, e.Origin, e.dropped()})
	return nil
}

// undo takes the last of several lines away again.
func (b *Batch) undo() {
	b.lines = b.lines[:len(b.lines)-1]
	b.bytes = b.bytes[:b.lines[len(b.lines)-1].end]
}

func (b *Batch) reset() {
	b.bytes, b.lines = b.bytes[:0], b.lines[:0]
}

// note is the engine's line about n missing ones.
func note(at time.Time, n int64, format string) *Entry {
	return &Entry{
		Time: at, Level: Warn, Origin: Engine,
		Message: fmt.Sprintf(format, n),
		Fields:  map[string]any{droppedField: n},
	}
}
