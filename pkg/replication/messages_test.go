package replication_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"knelt.dev/pkg/airbyte"
)

func record(stream string, i int) string {
	return fmt.Sprintf(`{"type":"RECORD","record":{"stream":%q,"data":{"id":%d},"emitted_at":1}}`, stream, i)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// records are n of them.
func records(stream string, n int) (all []string) {
	for i := range n {
		all = append(all, record(stream, i))
	}
	return all
}

// body is what is kept of streamState(stream, cursor).
func body(stream string, cursor any) string {
	return fmt.Sprintf(`{"type":"STREAM","stream":{"stream_descriptor":{"name":%q},"stream_state":{"cursor":%v}}}`, stream, cursor)
}

func streamState(stream string, cursor any) string { return asState(body(stream, cursor)) }

// asState puts a "state" object into its envelope.
func asState(body string) string { return `{"type":"STATE","state":` + body + `}` }

func status(stream, status string) string {
	return fmt.Sprintf(`{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1.5,"stream_status":{"stream_descriptor":{"name":%q},"status":%q}}}`, stream, status)
}

func logLine(level, message string) string {
	return fmt.Sprintf(`{"type":"LOG","log":{"level":%q,"message":%q}}`, level, message)
}

func traceError(message, stream string) string {
	descriptor := ""
	if stream != "" {
		descriptor = fmt.Sprintf(`,"stream_descriptor":{"name":%q}`, stream)
	}
	return fmt.Sprintf(`{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1.5,"error":{"message":%q,"failure_type":"system_error"%s}}}`, message, descriptor)
}

// says is a source that writes lines and exits.
func says(code int, lines ...string) program {
	return func(p *process) int {
		p.say(lines...)
		return code
	}
}

// isState tells a STATE line.
func isState(line string) bool {
	var e airbyte.Envelope
	return airbyte.Classify([]byte(line), &e) == airbyte.ProtocolLine && e.Type == airbyte.State
}

// echoes is a destination that returns every state, changed by how (nil: as it
// came), and keeps what it read.
func echoes(kept *strings.Builder, how func(string) string) program {
	return func(p *process) int {
		for {
			l, ok := p.line()
			if !ok {
				return 0
			}
			if kept != nil {
				kept.WriteString(l + "\n")
			}
			if isState(l) {
				if how != nil {
					l = how(l)
				}
				p.say(l)
			}
		}
	}
}

// returns is a destination that reads everything and then says what answer
// makes of the states it read.
func returns(answer func(states []string) []string) program {
	return func(p *process) int {
		var states []string
		for _, l := range p.drain() {
			if isState(l) {
				states = append(states, l)
			}
		}
		p.say(answer(states)...)
		return 0
	}
}

var idMember = regexp.MustCompile(`"id":\d+,`)

// withoutID drops the relay's id from a state.
func withoutID(line string) string { return idMember.ReplaceAllString(line, "") }

func eachWithoutID(lines []string) (all []string) {
	for _, l := range lines {
		all = append(all, withoutID(l))
	}
	return all
}
