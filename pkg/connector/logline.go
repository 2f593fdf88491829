package connector

// Origin tells where a line of a connector's log came from.
type Origin string

// The origins.
const (
	OriginLog    Origin = "log"    // a LOG message
	OriginTrace  Origin = "trace"  // a TRACE message
	OriginStdout Origin = "stdout" // a line on stdout that is no message
	OriginStderr Origin = "stderr" // a line on stderr
	OriginEngine Origin = "engine" // the engine's own remark
)

// LogLine is one entry of a connector's log.
type LogLine struct {
	// Level is FATAL, ERROR, WARN, INFO, DEBUG or TRACE. Lines that are no
	// messages count as INFO, on stderr too: many programs log everything there.
	Level  string
	Origin Origin
	// Text may hold secrets: it goes through redaction before it is kept.
	Text string
	// StackTrace is that of a LOG or an error TRACE, or empty.
	StackTrace string
}
