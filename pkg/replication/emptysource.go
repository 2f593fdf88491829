package replication

import (
	"bytes"
	"io"
	"strings"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
)

// EmptySource is the source of a reset, in this process: for each stream it
// says STARTED, a null state, COMPLETE, and then it has ended with exit code 0.
// A destination that returns the null state makes the relay forget the
// stream's position; generations make it drop the rows.
func EmptySource(streams []airbyte.Descriptor) connector.Run {
	var all []byte
	for _, d := range streams {
		all = appendReset(all, d)
	}
	return emptySource{stdout: bytes.NewReader(all), stderr: strings.NewReader("")}
}

func appendReset(dst []byte, d airbyte.Descriptor) []byte {
	reset := &airbyte.StateMessage{Kind: airbyte.StreamState, Stream: &airbyte.StreamPosition{Descriptor: d}}
	for _, m := range []*airbyte.Message{
		streamStatus(d, airbyte.Started, 0),
		{Type: airbyte.State, State: reset},
		streamStatus(d, airbyte.Complete, 0),
	} {
		dst = appendMessage(dst, m)
	}
	return dst
}

func streamStatus(d airbyte.Descriptor, status airbyte.StreamStatus, emitted int64) *airbyte.Message {
	return &airbyte.Message{Type: airbyte.Trace, Trace: &airbyte.TraceMessage{
		Type:         airbyte.TraceStreamStatus,
		EmittedAt:    float64(emitted),
		StreamStatus: &airbyte.StreamStatusTrace{Descriptor: d, Status: status},
	}}
}

// appendMessage appends the line of a message that is made in this package.
func appendMessage(dst []byte, m *airbyte.Message) []byte {
	line, err := airbyte.AppendLine(dst, m)
	if err != nil {
		panic(err) // plain strings and numbers always have a JSON form
	}
	return line
}

// emptySource has written everything and ended before it is looked at.
type emptySource struct{ stdout, stderr io.Reader }

func (s emptySource) Stdin() io.WriteCloser         { return noInput{} }
func (s emptySource) Stdout() io.Reader             { return s.stdout }
func (s emptySource) Stderr() io.Reader             { return s.stderr }
func (s emptySource) Terminate(time.Duration)       {}
func (s emptySource) Wait() (connector.Exit, error) { return connector.Exit{}, nil }

// noInput takes what nobody reads.
type noInput struct{}

func (noInput) Write(b []byte) (int, error) { return len(b), nil }
func (noInput) Close() error                { return nil }
