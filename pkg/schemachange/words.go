package schemachange

import (
	"strconv"
	"strings"
)

// summary tells what became of a stream in a few words.
func (s Stream) summary() string {
	if s.Change != Changed {
		return joinedBy(append([]string{string(s.Change)}, s.Breaking...))
	}
	counts := map[Kind]int{}
	for _, f := range s.Fields {
		counts[f.Change]++
	}
	var all []string
	for _, k := range []struct {
		kind Kind
		word string
	}{{Added, "added"}, {Removed, "removed"}, {Changed, "retyped"}} {
		if n := counts[k.kind]; n > 0 {
			all = append(all, plural(n, "field")+" "+k.word)
		}
	}
	all = append(all, s.Notes...)
	return joinedBy(append(all, s.Breaking...))
}

func joinedBy(all []string) string { return strings.Join(all, ", ") }

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
