package connection

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean gives `did you mean "x"?` for the known name nearest to word, or
// the list of all known names where none is near; empty if nothing is known.
func didYouMean(word string, known []string) string {
	if near, ok := nearest(word, known); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(known) == 0 {
		return ""
	}
	return "known: " + listNames(known)
}

// listNames lists names in order, quoted where they are no plain words, and
// cuts a list too long to read.
func listNames(names []string) string {
	const shown = 16
	names = slices.Sorted(slices.Values(names))
	rest := len(names) - shown
	if rest > 0 {
		names = names[:shown]
	}
	for i, name := range names {
		if !plainKey(strings.ReplaceAll(name, ".", "_")) {
			names[i] = fmt.Sprintf("%q", name)
		}
	}
	text := strings.Join(names, ", ")
	if rest > 0 {
		text += fmt.Sprintf(" and %d more", rest)
	}
	return text
}

// nearest finds the known name that word most likely stands for.
func nearest(word string, known []string) (string, bool) {
	best, bestDistance := "", -1
	for _, name := range slices.Sorted(slices.Values(known)) {
		if d, is := near(word, name); is && (bestDistance < 0 || d < bestDistance) {
			best, bestDistance = name, d
		}
	}
	return best, bestDistance >= 0
}

// near tells whether word may stand for name, and how far it is from it: at most
// a third of its letters, letter case and separators not counted.
func near(word, name string) (int, bool) {
	a, b := squash(word), squash(name)
	limit := max(1, max(len(a), len(b))/3)
	if max(len(a), len(b))-min(len(a), len(b)) > limit || len(a) > 256 {
		return 0, false
	}
	d := distance(a, b)
	return d, d <= limit && d < len(b)
}

// squash makes sync_mode, sync-mode and syncMode the same.
func squash(s string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(s))
}

// distance counts the insertions, deletions, substitutions and swaps of
// neighbours between a and b (optimal string alignment), by bytes.
func distance(a, b string) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+unequal(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

func unequal(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
