package connection

import (
	"encoding/json"
	"time"
)

// The defaults of a Connection. Those of streams come from the source's
// catalog (see Select).
const (
	DefaultBackoff         = Duration(10 * time.Second)
	DefaultSourceIdle      = Duration(3 * time.Hour)
	DefaultDestinationIdle = Duration(2 * time.Hour)
	DefaultSourceExit      = Duration(time.Minute)
	DefaultGrace           = Duration(10 * time.Second)
	DefaultCommand         = Duration(10 * time.Minute)
	DefaultMaxLine         = 256 << 20
	DefaultTimeZone        = "UTC"
	DefaultOnSchemaChange  = IgnoreChanges
)

// Default completes what the user left out. Doing it again changes nothing.
func (s *Source) Default() { s.Spec.Config = defaultConfig(s.Spec.Config) }

// Default completes what the user left out. Doing it again changes nothing.
func (d *Destination) Default() { d.Spec.Config = defaultConfig(d.Spec.Config) }

// defaultConfig: connectors without settings still want an object.
func defaultConfig(config json.RawMessage) json.RawMessage {
	if len(config) == 0 || string(config) == "null" {
		return json.RawMessage("{}")
	}
	return config
}

// Default completes what the user left out. Doing it again changes nothing.
func (c *Connection) Default() {
	c.Spec.Schedule.fill()
	for i := range c.Spec.Notifications {
		c.Spec.Notifications[i].fill()
	}
	setDefault(&c.Spec.OnSchemaChange, DefaultOnSchemaChange)
	setDefault(&c.Spec.Retries.Backoff, DefaultBackoff)
	setDefault(&c.Spec.Timeouts.SourceIdle, DefaultSourceIdle)
	setDefault(&c.Spec.Timeouts.DestinationIdle, DefaultDestinationIdle)
	setDefault(&c.Spec.Timeouts.SourceExit, DefaultSourceExit)
	setDefault(&c.Spec.Timeouts.Grace, DefaultGrace)
	setDefault(&c.Spec.Timeouts.Command, DefaultCommand)
	setDefault(&c.Spec.MaxLine, DefaultMaxLine)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
