package replication

import (
	"bytes"

	"knelt.dev/pkg/airbyte"
)

// fieldSet are the selected fields. Its lookup does not allocate but for keys
// longer than any sensible one.
type fieldSet map[string]bool

func newFieldSet(fields []string) fieldSet {
	if fields == nil {
		return nil
	}
	set := make(fieldSet, len(fields))
	for _, f := range fields {
		set[f] = true
	}
	return set
}

// has tells whether a key, as it stands in the line, is selected.
func (set fieldSet) has(raw []byte) bool {
	if bytes.IndexByte(raw, '\\') < 0 {
		return set[string(raw)]
	}
	var buf [128]byte
	return set[string(airbyte.Unquote(buf[:0], raw))]
}

// dropFields cuts the members of data that are not selected, each with one of
// the commas beside it; runs of them in one piece. All other bytes stay.
func dropFields(patches []patch, line []byte, data airbyte.Span, selected fieldSet) []patch {
	kept := false
	previous := data.Start + 1              // where the last member ended
	cut := airbyte.Span{Start: -1, End: -1} // the run being dropped
	for key, value := range airbyte.Members(line, data) {
		keep := selected.has(key.Of(line))
		switch {
		case !keep && cut.Start < 0:
			cut = airbyte.Span{Start: previous, End: value.End}
		case !keep:
			cut.End = value.End
		case cut.Start >= 0:
			if !kept { // nothing stands before the run: the comma behind it goes
				cut.End = key.Start - 1
			}
			patches, cut.Start = append(patches, patch{at: cut}), -1
		}
		kept = kept || keep
		previous = value.End
	}
	if cut.Start >= 0 {
		patches = append(patches, patch{at: cut})
	}
	return patches
}
