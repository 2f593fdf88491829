package connection

import (
	"fmt"
	"time"
)

// Origin is a place in a file.
type Origin struct {
	File string
	Line int
}

func (o Origin) String() string { return fmt.Sprintf("%s:%d", o.File, o.Line) }

// Duration is a time.Duration written as Go writes it: "90s", "2h".
type Duration time.Duration
