package kit

import (
	"encoding/json"
	"errors"

	"knelt.dev/pkg/airbyte"
)

// LikelyCursor gives the column that most schemas keep for a cursor, by the
// index that find gives for a name; -1 if there is none.
func LikelyCursor(find func(name string) int) int {
	for _, name := range []string{"updated_at", "modified_at", "last_modified", "_airbyte_extracted_at"} {
		if i := find(name); i >= 0 {
			return i
		}
	}
	return -1
}

// ObjectSchema is the JSON Schema of a row.
func ObjectSchema(properties map[string]any) json.RawMessage {
	raw, err := json.Marshal(map[string]any{
		"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": properties,
	})
	if err != nil {
		panic(err) // strings and maps always encode
	}
	return raw
}

// lost is the wish to read no further stream.
type lost struct{ error }

func (l lost) Unwrap() error { return l.error }

// Lost marks the failure of a stream as one that ends the read: what the other
// streams need is gone too.
func Lost(err error) error { return lost{err} }

// ReadStreams reads the configured streams in turns. read emits a stream's rows and
// states; STARTED and COMPLETE are said here. A stream that fails is INCOMPLETE,
// with an error of its own, and does not stop the others, unless its error is Lost
// or ErrTerminated.
func ReadStreams(in ReadInput, out *Emitter, read func(airbyte.ConfiguredStream) error) error {
	failed := false
	for _, s := range in.Catalog.Streams {
		d := s.Stream.Descriptor()
		err := out.Status(d, airbyte.Started)
		if err == nil {
			err = read(s)
		}
		if err == nil {
			err = out.Status(d, airbyte.Complete)
		}
		if errors.Is(err, ErrTerminated) {
			return err
		}
		if err == nil {
			continue
		}
		failed = true
		if err := errors.Join(out.Status(d, airbyte.Incomplete), out.Failure(InStream(d, err))); err != nil {
			return err
		}
		if _, over := errors.AsType[lost](err); over {
			break
		}
	}
	if failed {
		return Exit(1)
	}
	return nil
}

// StreamStateOf is the state of one stream, with the records that belong to it.
func StreamStateOf(d airbyte.Descriptor, position any, records int64) (*airbyte.StateMessage, error) {
	raw, err := airbyte.Marshal(position)
	if err != nil {
		return nil, err
	}
	count := airbyte.Count(records)
	return &airbyte.StateMessage{
		Kind:        airbyte.StreamState,
		Stream:      &airbyte.StreamPosition{Descriptor: d, State: raw},
		SourceStats: &airbyte.StateStats{RecordCount: &count},
	}, nil
}

// RowHeads gives, for each of the names, what stands before its value in a
// row's JSON.
func RowHeads(names []string) [][]byte {
	heads := make([][]byte, 0, len(names))
	for i, name := range names {
		var head []byte
		if i > 0 {
			head = append(head, ',')
		}
		heads = append(heads, append(airbyte.AppendString(head, name), ':'))
	}
	return heads
}
