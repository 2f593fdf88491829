package replication

// Origin says who wrote a log line.
type Origin string

// The origins.
const (
	Engine      Origin = "engine"
	Source      Origin = "source"
	Destination Origin = "destination"
)

// LogLine is one line of the sync's log. Level is one of the protocol's (FATAL
// ERROR WARN INFO DEBUG TRACE). Message is only valid during the call, and of a
// connector's plain lines at most the first MiB.
type LogLine struct {
	Origin  Origin
	Level   string
	Stderr  bool
	Message []byte
}
