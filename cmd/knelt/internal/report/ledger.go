package report

import (
	"fmt"
	"io"
	"strings"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/replication"
)

// Ledger writes the account of an attempt: per stream what each side said, and
// what does not add up.
func Ledger(w io.Writer, l *replication.Ledger, style Style) {
	table := NewTable("STREAM", ">SOURCE SAID", ">RELAYED", ">DESTINATION SAID", ">MB", ">STATES", "STATUS")
	for _, s := range l.Streams {
		ledgerRow(table, Clean(s.Stream.String()), s.Counts, streamStatus(s, style))
	}
	if len(l.Streams) != 1 || l.Total.StatesSent != l.Streams[0].StatesSent {
		ledgerRow(table, "total", l.Total, "")
	}
	table.Write(w)
	for _, note := range l.Notes {
		fmt.Fprintf(w, "note: %s\n", Clean(note))
	}
}

func ledgerRow(t *Table, name string, c replication.Counts, status string) {
	t.Row(name, said(c.SourceSaid), Count(c.Relayed), destinationSaid(c), Megabytes(float64(c.Bytes)),
		fmt.Sprintf("%s/%s", Count(c.StatesSent), Count(c.StatesReturned)), status)
}

// said writes a count that a connector may not have told.
func said(n *int64) string {
	if n == nil {
		return "-"
	}
	return Count(*n)
}

func destinationSaid(c replication.Counts) string {
	text := said(c.DestinationSaid)
	if c.Rejected != nil && *c.Rejected > 0 {
		text += fmt.Sprintf(" + %s rejected", Count(*c.Rejected))
	}
	return text
}

// streamStatus says whether the stream is whole; what it lacks is said among the
// reasons.
func streamStatus(s replication.StreamLedger, style Style) string {
	switch {
	case s.Complete && len(s.Reasons) == 0:
		return style.Good("complete")
	case s.Complete:
		return style.Bad("does not add up")
	case s.Status == airbyte.Incomplete:
		return style.Bad("incomplete")
	case s.Status != "":
		return style.Bad("ended while " + strings.ToLower(string(s.Status)))
	}
	return style.Bad("unknown")
}

// Sides writes what is known of the two connectors.
func Sides(w io.Writer, l *replication.Ledger) {
	table := NewTable("CONNECTOR", ">LINES", ">LOG LINES", ">MB", "END")
	for _, side := range []struct {
		name string
		replication.SideLedger
	}{{"source", l.Source}, {"destination", l.Destination}} {
		end := "not known"
		if side.Exit != nil {
			end = Clean(side.Exit.Describe())
		}
		table.Row(side.name, Count(side.Lines), Count(side.LogLines), Megabytes(float64(side.Bytes)), end)
	}
	table.Write(w)
}
