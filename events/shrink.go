package events

import (
	"slices"
	"unicode/utf8"
)

// maxData is what the data of a result may have, in bytes. CloudEvents demands
// of intermediaries to forward events of 64 KiB, of which the attributes and the
// structured mode's escapes take some.
const maxData = 60 << 10

// shrinker can leave out what is nice to have.
type shrinker interface {
	// shrink makes the payload smaller; false if nothing more can be left out.
	shrink() bool
}

// Texts that are shown are kept to what a person reads.
const (
	maxTexts = 20
	maxText  = 1000
)

func (r *SyncResult) normalise() {
	r.Run.normalise()
	r.Streams = slices.Clone(r.Streams)
	slices.SortStableFunc(r.Streams, func(a, b StreamResult) int { return rank(a) - rank(b) })
	r.Reasons = shorten(r.Reasons)
	for i := range r.Streams {
		r.Streams[i].Reasons = shorten(r.Streams[i].Reasons)
	}
	r.Failure = r.Failure.shorten()
	r.Pause = cut(r.Pause)
}

func rank(s StreamResult) int {
	if s.inOrder() {
		return 1
	}
	return 0
}

// shrink leaves out the last rows, which are those in order.
func (r *SyncResult) shrink() bool {
	n := len(r.Streams)
	if n == 0 {
		return false
	}
	r.Streams = r.Streams[:n*3/4]
	r.StreamsOmitted += n - len(r.Streams)
	return true
}

func (c *SchemaChange) normalise() {
	c.Run.normalise()
	c.Changes = slices.Clone(c.Changes)
	slices.SortStableFunc(c.Changes, func(a, b StreamChange) int { return b.rank() - a.rank() })
}

func (s StreamChange) rank() int { return min(len(s.Breaking), 1) }

// manyChanges are more than anybody reads.
const manyChanges = 40

// shrink leaves out the last streams as long as there are many, then fields of
// the others: those that break come first.
func (c *SchemaChange) shrink() bool {
	if n := len(c.Changes); n > manyChanges {
		c.Changes = c.Changes[:max(n*3/4, manyChanges)]
		c.ChangesOmitted += n - len(c.Changes)
		return true
	}
	for i, s := range slices.Backward(c.Changes) {
		if n := len(s.Fields); n > 0 {
			c.Changes[i].Fields = s.Fields[:n/4]
			c.Changes[i].FieldsOmitted += n - n/4
			return true
		}
	}
	n := len(c.Changes)
	if n <= 1 {
		return false
	}
	c.Changes = c.Changes[:n*3/4]
	c.ChangesOmitted += n - len(c.Changes)
	return true
}

func (r *CheckResult) normalise() {
	r.Asked.normalise()
	r.Failure = r.Failure.shorten()
}

func (r *DiscoverResult) normalise() {
	r.Asked.normalise()
	r.Failure = r.Failure.shorten()
}

func (r *DiscoverResult) shrink() bool {
	had := r.Catalog != nil
	r.Catalog = nil
	return had
}

func (f *Failure) shorten() *Failure {
	if f == nil {
		return nil
	}
	short := *f
	short.Message = cut(f.Message)
	return &short
}

func shorten(texts []string) []string {
	texts = slices.Clone(texts[:min(len(texts), maxTexts)])
	for i, text := range texts {
		texts[i] = cut(text)
	}
	return texts
}

// cut ends a text that is too long with an ellipsis, between characters.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
