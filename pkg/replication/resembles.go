package replication

import "math"

// resembles tells whether an echo can have been made from a state by dropping
// members and writing great numbers with fewer digits. Both are normal. What
// says nothing at all resembles nothing.
func resembles(echo, state any) bool { return !isEmpty(echo) && partOf(echo, state) }

func partOf(part, whole any) bool {
	switch p := part.(type) {
	case map[string]any:
		w, ok := whole.(map[string]any)
		return ok && membersOf(p, w)
	case []any:
		w, ok := whole.([]any)
		return ok && elementsOf(p, w)
	case float64:
		w, ok := whole.(float64)
		return ok && sameNumber(p, w)
	}
	return part == whole
}

func membersOf(part, whole map[string]any) bool {
	for key, member := range part {
		other, ok := whole[key]
		if !ok || !partOf(member, other) {
			return false
		}
	}
	return true
}

func elementsOf(part, whole []any) bool {
	if len(part) != len(whole) {
		return false
	}
	for i := range part {
		if !partOf(part[i], whole[i]) {
			return false
		}
	}
	return true
}

// sameNumber compares exactly up to 2^64 and loosely beyond, where no cursor or
// id of use lies: one destination writes integers of 30 digits as 1.2e29.
func sameNumber(a, b float64) bool {
	const exact = 1 << 64
	return a == b || min(math.Abs(a), math.Abs(b)) > exact && math.Abs(a-b) <= 0.05*math.Abs(a)
}
