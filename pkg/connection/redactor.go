package connection

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// mask stands in place of a secret.
const mask = "***"

// shortest is the length in bytes from which a secret is looked for anywhere;
// shorter ones are looked for in quotes only, since hiding every 1 of a log
// makes it useless and protects nothing.
const shortest = 4

// Redactor replaces secrets in texts for people (logs, errors, shown configs)
// by ***. It is not meant for records and states, which pass as they are.
//
// A secret is found as it is; without the blanks around it; by its lines (8
// bytes or more) if it has several, as keys in PEM are logged line by line; by
// the strings in it (16 bytes or more, no URLs) if it is JSON, as service
// account keys are; escaped for JSON (with and without \u for <, > and &, for
// all but ASCII, and twice); escaped for URLs (queries and paths, %2F and
// %2f); and in base64, both alphabets, also within a longer text such as the
// user:password of HTTP. Secrets shorter than 4 bytes are found only as whole
// strings in quotes: "ab" or 'ab'.
//
// The zero Redactor and a nil one hide nothing. All methods may be called at
// once from several goroutines. Texts are looked at one by one: a secret cut
// in two over two calls is not found, so pass whole lines.
type Redactor struct {
	mu      sync.Mutex
	secrets []string
	current atomic.Pointer[matcher]
}

// NewRedactor makes a Redactor of secrets; empty ones are ignored.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{}
	r.Add(secrets...)
	return r
}

// Add makes more secrets known, such as a token that a connector refreshed;
// it holds for every call that begins after Add has returned.
func (r *Redactor) Add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := len(r.secrets)
	for _, s := range secrets {
		if s != "" && !slices.Contains(r.secrets, s) {
			r.secrets = append(r.secrets, s)
		}
	}
	if len(r.secrets) > before {
		r.current.Store(newMatcher(r.secrets))
	}
}

// String gives s with its secrets hidden.
func (r *Redactor) String(s string) string {
	m := r.matcher()
	if m == nil || !m.found(s) {
		return s
	}
	return string(m.appendRedacted(nil, []byte(s)))
}

// AppendRedacted appends src with its secrets hidden to dst. It allocates
// nothing if there are none and dst has room.
func (r *Redactor) AppendRedacted(dst, src []byte) []byte {
	m := r.matcher()
	if m == nil {
		return append(dst, src...)
	}
	return m.appendRedacted(dst, src)
}

func (r *Redactor) matcher() *matcher {
	if r == nil {
		return nil
	}
	return r.current.Load()
}

// pattern is a text to find.
type pattern struct {
	text string
	// keep is the number of bytes kept at both ends: the quotes.
	keep int
}

// window is how many bytes of a text are looked up at once: the length of the
// shortest pattern, one byte in quotes.
const window = 3

// matcher finds patterns by their first bytes: a bit set tells for nearly every
// place of a text that no pattern starts there.
type matcher struct {
	maybe  [1 << 10]uint64
	starts map[[window]byte][]pattern
}

func newMatcher(secrets []string) *matcher {
	m := &matcher{starts: map[[window]byte][]pattern{}}
	known := map[string]bool{}
	add := func(p pattern) {
		if known[p.text] || p.text == `"`+mask+`"` || p.text == "'"+mask+"'" && p.keep > 0 {
			return
		}
		known[p.text] = true
		start := [window]byte([]byte(p.text))
		m.starts[start] = append(m.starts[start], p)
		bit := hash(p.text[0], p.text[1], p.text[2])
		m.maybe[bit>>6] |= 1 << (bit & 63)
	}
	for _, secret := range secrets {
		for _, form := range secretForms(secret) {
			if len(form) >= shortest {
				add(pattern{text: form})
			}
		}
		if len(secret) < shortest {
			quoted := jsonString(secret)
			add(pattern{text: quoted, keep: 1})
			add(pattern{text: "'" + secret + "'", keep: 1})
		}
	}
	return m
}

func hash(a, b, c byte) uint16 {
	return uint16((uint32(a) | uint32(b)<<8 | uint32(c)<<16) * 0x9E3779B1 >> 16)
}

// next finds the first span at or after from that patterns cover; patterns
// that overlap or touch make one span. end is 0 if there is none.
func (m *matcher) next(text []byte, from int) (start, end int) {
	for i := from; i+window <= len(text) && (end == 0 || i <= end); i++ {
		bit := hash(text[i], text[i+1], text[i+2])
		if m.maybe[bit>>6]&(1<<(bit&63)) == 0 {
			continue
		}
		for _, p := range m.starts[[window]byte(text[i:])] {
			if len(text)-i < len(p.text) || string(text[i:i+len(p.text)]) != p.text {
				continue
			}
			s, e := i+p.keep, i+len(p.text)-p.keep
			switch {
			case end == 0:
				start, end = s, e
			case s <= end:
				start, end = min(start, s), max(end, e)
			}
		}
	}
	return start, end
}

// found is next for a string, without copying it.
func (m *matcher) found(s string) bool {
	for i := 0; i+window <= len(s); i++ {
		bit := hash(s[i], s[i+1], s[i+2])
		if m.maybe[bit>>6]&(1<<(bit&63)) == 0 {
			continue
		}
		for _, p := range m.starts[[window]byte{s[i], s[i+1], s[i+2]}] {
			if strings.HasPrefix(s[i:], p.text) {
				return true
			}
		}
	}
	return false
}

// appendRedacted hides until nothing is left to hide: a mask and what is beside
// it can be a secret again. Every round after the first makes the text shorter,
// so it ends.
func (m *matcher) appendRedacted(dst, src []byte) []byte {
	at := len(dst)
	dst, changed := m.once(dst, src)
	for changed {
		var again []byte
		if again, changed = m.once(nil, dst[at:]); changed {
			dst = append(dst[:at], again...)
		}
	}
	return dst
}

func (m *matcher) once(dst, src []byte) ([]byte, bool) {
	changed := false
	for from := 0; ; {
		start, end := m.next(src, from)
		if end == 0 {
			return append(dst, src[from:]...), changed
		}
		changed = changed || !bytes.Equal(src[start:end], []byte(mask))
		dst = append(append(dst, src[from:start]...), mask...)
		from = end
	}
}
