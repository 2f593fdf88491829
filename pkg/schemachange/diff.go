package schemachange

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"knelt.dev/pkg/airbyte"
)

// Kind says what became of a stream or a field.
type Kind string

// The kinds. A stream that changed has fields that did, or notes.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
)

// Diff is how streams differ, by namespace and name.
type Diff struct {
	Streams []Stream `json:"streams"`
}

// Stream is how one stream differs.
type Stream struct {
	Stream airbyte.Descriptor `json:"stream"`
	Change Kind               `json:"change"`
	// Fields that differ, by their paths; of a stream that changed.
	Fields []Field `json:"fields,omitempty"`
	// Notes say what else is another: its key, its cursor, its sync modes.
	Notes []string `json:"notes,omitempty"`
	// Breaking says why the connection cannot sync the stream as it is written;
	// empty: it can.
	Breaking []string `json:"breaking,omitempty"`
}

// Field is how one field differs.
type Field struct {
	// Path of the field in a record; of the items of a list the last name is "[]".
	Path   []string `json:"path"`
	Change Kind     `json:"change"`
	// From and To are the types before and after, in words: "string",
	// "integer or string", "string (date-time)".
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Of says that the stream's cursor or key is, or was, in this field.
	Of string `json:"of,omitempty"`
}

// Use is what a connection takes of a stream.
type Use struct {
	Stream airbyte.Descriptor
	// Named tells that the connection names the stream, so that it cannot do
	// without it.
	Named bool
	// SyncMode that is used.
	SyncMode airbyte.SyncMode
	// CursorField and PrimaryKey that are used.
	CursorField []string
	PrimaryKey  [][]string
	// Fields are the top-level fields that were selected; empty: all.
	Fields []string
	// OwnMode, OwnCursor and OwnKey tell that the connection names them, and does not
	// take those of the source.
	OwnMode, OwnCursor, OwnKey bool
}

// Compare tells how after differs from before, and what that means for uses.
func Compare(before, after airbyte.StreamCatalog, uses []Use) Diff {
	old, now := byDescriptor(before), byDescriptor(after)
	used := map[airbyte.Descriptor]Use{}
	for _, u := range uses {
		used[u.Stream] = u
	}
	var d Diff
	for descriptor, was := range old {
		use, isUsed := used[descriptor]
		is, there := now[descriptor]
		switch {
		case !there:
			gone := Stream{Stream: descriptor, Change: Removed}
			if use.Named {
				gone.Breaking = []string{"the connection names it"}
			}
			d.Streams = append(d.Streams, gone)
		case !isUsed:
			d.add(compareStream(was, is, Use{Stream: descriptor}, false))
		default:
			d.add(compareStream(was, is, use, true))
		}
	}
	for descriptor := range now {
		if _, known := old[descriptor]; !known {
			d.Streams = append(d.Streams, Stream{Stream: descriptor, Change: Added})
		}
	}
	slices.SortFunc(d.Streams, func(a, b Stream) int {
		return cmp.Or(cmp.Compare(a.Stream.Namespace, b.Stream.Namespace), cmp.Compare(a.Stream.Name, b.Stream.Name))
	})
	return d
}

func (d *Diff) add(s Stream, differs bool) {
	if differs {
		d.Streams = append(d.Streams, s)
	}
}

// byDescriptor gives the streams by name. Of a stream that is there twice, the
// first counts.
func byDescriptor(c airbyte.StreamCatalog) map[airbyte.Descriptor]airbyte.Stream {
	all := map[airbyte.Descriptor]airbyte.Stream{}
	for _, s := range c.Streams {
		if _, twice := all[s.Descriptor()]; !twice {
			all[s.Descriptor()] = s
		}
	}
	return all
}

// Empty tells that nothing differs.
func (d Diff) Empty() bool { return len(d.Streams) == 0 }

// Breaking tells that the connection cannot be synced as it is written.
func (d Diff) Breaking() bool {
	return slices.ContainsFunc(d.Streams, func(s Stream) bool { return len(s.Breaking) > 0 })
}

// Digest names the diff: two that differ in nothing have the same.
func (d Diff) Digest() string {
	text, err := json.Marshal(d)
	if err != nil {
		return "" // strings alone, which JSON takes
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
