package replication

import (
	"bytes"

	"knelt.dev/pkg/airbyte"
)

// streamIndex finds streams by the names that records carry, without allocating.
type streamIndex struct {
	exact map[string]map[string]*stream // namespace, name
	// loose finds a stream by its bare name, where only one stream has it:
	// some sources leave the namespace of their catalog out of their records.
	loose map[string]*stream

	last *stream
	// lastName and lastNamespace are the bytes as they stood in the line, so
	// that runs of one stream need no lookup and no unescaping.
	lastName, lastNamespace []byte
	scratch                 []byte
}

func newStreamIndex(streams []*stream, name func(*stream) airbyte.Descriptor) *streamIndex {
	x := &streamIndex{exact: map[string]map[string]*stream{}, loose: map[string]*stream{}}
	for _, s := range streams {
		d := name(s)
		if x.exact[d.Namespace] == nil {
			x.exact[d.Namespace] = map[string]*stream{}
		}
		x.exact[d.Namespace][d.Name] = s
		if _, twice := x.loose[d.Name]; twice {
			x.loose[d.Name] = nil
		} else {
			x.loose[d.Name] = s
		}
	}
	return x
}

// record finds the stream of a RECORD; nil if nobody selected it.
func (x *streamIndex) record(line []byte, e *airbyte.Envelope) *stream {
	name, namespace := e.Stream.Of(line), e.Namespace.Of(line)
	if x.last != nil && bytes.Equal(name, x.lastName) && bytes.Equal(namespace, x.lastNamespace) {
		return x.last
	}
	s := x.lookup(name, namespace, e.Escaped)
	if s != nil {
		x.last = s
		x.lastName = append(x.lastName[:0], name...)
		x.lastNamespace = append(x.lastNamespace[:0], namespace...)
	}
	return s
}

func (x *streamIndex) lookup(name, namespace []byte, escaped bool) *stream {
	if escaped {
		x.scratch = airbyte.Unquote(x.scratch[:0], name)
		n := len(x.scratch)
		x.scratch = airbyte.Unquote(x.scratch, namespace)
		name, namespace = x.scratch[:n], x.scratch[n:]
	}
	if s := x.exact[string(namespace)][string(name)]; s != nil {
		return s
	}
	if len(namespace) == 0 {
		return x.loose[string(name)]
	}
	return nil
}

// descriptor finds the stream that d names; nil if nobody selected it.
func (x *streamIndex) descriptor(d airbyte.Descriptor) *stream {
	if s := x.exact[d.Namespace][d.Name]; s != nil {
		return s
	}
	if d.Namespace == "" {
		return x.loose[d.Name]
	}
	return nil
}
