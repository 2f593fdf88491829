package replication

import (
	"slices"

	"knelt.dev/pkg/airbyte"
)

// patch replaces one span of a line. An empty span inserts.
type patch struct {
	at   airbyte.Span
	with []byte
}

// splice appends line to dst with the patches applied; every other byte stays
// as it came. Patches must not overlap; inserts at one place keep their order.
func splice(dst, line []byte, patches []patch) []byte {
	slices.SortStableFunc(patches, func(a, b patch) int { return a.at.Start - b.at.Start })
	done := 0
	for _, p := range patches {
		dst = append(dst, line[done:p.at.Start]...)
		dst = append(dst, p.with...)
		done = p.at.End
	}
	return append(dst, line[done:]...)
}

// insertMember is the patch that puts a member first into the object obj. The
// member ends with a comma, which is left out where nothing follows.
func insertMember(line []byte, obj airbyte.Span, member []byte) patch {
	at := airbyte.Span{Start: obj.Start + 1, End: obj.Start + 1}
	if emptyObject(line, obj) {
		member = member[:len(member)-1]
	}
	return patch{at: at, with: member}
}

func emptyObject(line []byte, obj airbyte.Span) bool {
	for range airbyte.Members(line, obj) {
		return false
	}
	return true
}

// isObject tells whether a value is an object (it is valid JSON by then).
func isObject(line []byte, v airbyte.Span) bool { return line[v.Start] == '{' }

// isString tells whether a value is a string.
func isString(line []byte, v airbyte.Span) bool { return line[v.Start] == '"' }
