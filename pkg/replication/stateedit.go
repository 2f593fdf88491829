package replication

import (
	"slices"
	"strconv"
)

// edit is what the relay writes into a state.
type edit struct {
	id    int64
	count int64   // records relayed under this state
	as    *stream // the stream to name; nil: leave the name as it is
}

// apply appends the line with the edit spliced in. Sibling keys and everything
// else stay as the source wrote them: some destinations need what only their
// source knows.
func (st *sourceState) apply(dst, line []byte, e edit) []byte {
	patches := make([]patch, 0, 6)
	number := strconv.AppendInt(nil, e.id, 10)
	if st.id.Empty() {
		patches = append(patches, insertMember(line, st.body, slices.Concat([]byte(`"id":`), number, []byte{','})))
	} else {
		patches = append(patches, patch{at: st.id, with: number})
	}
	patches = st.countPatch(patches, line, e.count)
	if e.as != nil {
		patches = append(patches, patch{at: st.name, with: e.as.asName})
		patches = namespacePatch(patches, line, st.namedBy, e.as)
	}
	return splice(dst, line, patches)
}

// countPatch writes the count of records, with the decimal point that the
// protocol asks for. Where the source has written the same number it stays.
func (st *sourceState) countPatch(patches []patch, line []byte, count int64) []patch {
	if st.said != nil && *st.said == count {
		return patches
	}
	number := append(strconv.AppendInt(nil, count, 10), ".0"...)
	if !st.count.Empty() {
		return append(patches, patch{at: st.count, with: number})
	}
	member := slices.Concat([]byte(`"recordCount":`), number, []byte{','})
	if !st.stats.Empty() && isObject(line, st.stats) {
		return append(patches, insertMember(line, st.stats, member))
	}
	stats := slices.Concat([]byte{'{'}, member[:len(member)-1], []byte{'}'})
	if !st.stats.Empty() {
		return append(patches, patch{at: st.stats, with: stats})
	}
	return append(patches, insertMember(line, st.body, slices.Concat([]byte(`"sourceStats":`), stats, []byte{','})))
}
