package replication

import "slices"

// maxIDWords bounds an idSet to the newest four million ids: half a megabyte,
// which each mark carries.
const maxIDWords = 1 << 16

// idSet is a set of state ids, a bit for each. Of more than maxIDWords*64 ids
// the oldest count as members: a state that comes back so late is not news.
type idSet struct {
	base  int64 // words before this one are all members
	words []uint64
}

func (s *idSet) add(id int64) {
	word := id/64 - s.base
	if word < 0 {
		return
	}
	for int64(len(s.words)) <= word {
		s.words = append(s.words, 0)
	}
	s.words[word] |= 1 << (id % 64)
	if over := len(s.words) - maxIDWords; over > 0 {
		over = max(over, maxIDWords/2) // seldom, since the rest is moved
		s.words, s.base = slices.Delete(s.words, 0, over), s.base+int64(over)
	}
}

func (s *idSet) has(id int64) bool {
	word := id/64 - s.base
	return word < 0 || word < int64(len(s.words)) && s.words[word]&(1<<(id%64)) != 0
}

// empty tells that nothing was ever added.
func (s *idSet) empty() bool { return s.base == 0 && len(s.words) == 0 }
