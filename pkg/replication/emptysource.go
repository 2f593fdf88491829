package replication

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
)

// EmptySource is the source of a reset, in this process: for each stream it
// says STARTED, a null state, COMPLETE, and then it has ended with exit code 0.
// A destination that returns the null state makes the relay forget the
// stream's position; generations make it drop the rows. The same streams in the
// same order always give the same bytes, so a successor has its predecessor's
// source.
func EmptySource(streams []airbyte.Descriptor) Resumable {
	var all []byte
	for _, d := range streams {
		all = appendReset(all, d)
	}
	return emptySource{bytes.NewReader(all)}
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
type emptySource struct{ stdout *bytes.Reader }

func (s emptySource) Stdin() io.WriteCloser         { return noInput{} }
func (s emptySource) Stdout() io.Reader             { return s.stdout }
func (s emptySource) Stderr() io.Reader             { return strings.NewReader("") }
func (s emptySource) Terminate(time.Duration)       {}
func (s emptySource) Wait() (connector.Exit, error) { return connector.Exit{}, nil }

// ReadFrom fails beyond the end: the predecessor's source was another.
func (s emptySource) ReadFrom(offset int64) error {
	if offset > s.stdout.Size() {
		return fmt.Errorf("the reset has %d bytes, and its successor is to read from byte %d", s.stdout.Size(), offset)
	}
	_, err := s.stdout.Seek(offset, io.SeekStart)
	return err
}

// There is nothing to keep, to leave or to lose.
func (s emptySource) ReleaseStdout(int64)          {}
func (s emptySource) Detach(context.Context) error { return nil }
func (s emptySource) Superseded(error) bool        { return false }
func (s emptySource) Lost(error) bool              { return false }

// noInput takes what nobody reads.
type noInput struct{}

func (noInput) Write(b []byte) (int, error) { return len(b), nil }
func (noInput) Close() error                { return nil }
