package server

import "knelt.dev/pkg/connection"

// DocumentOf makes a Document. c is nil if it cannot be read, and problem says
// why.
func DocumentOf(m connection.Metadata, c *connection.Connection, problem string) Document {
	if c == nil {
		c = &connection.Connection{APIVersion: connection.APIVersion, Kind: connection.KindConnection, Metadata: m}
	}
	return Document{Connection: c, Schedule: c.Spec.Schedule.String(), Paused: c.Spec.Paused, Problem: problem}
}
