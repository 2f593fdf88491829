package airbyte

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// doc writes random JSON in random forms: blanks, escapes, order of keys.
type doc struct {
	t *rapid.T
	b strings.Builder
}

func (d *doc) blank() {
	d.b.WriteString(rapid.SampledFrom([]string{"", "", "", "", " ", "\t", "  ", "\r", " \n "}).Draw(d.t, "blank"))
}

// str writes s with some of its characters as escapes.
func (d *doc) str(s string) {
	d.b.WriteByte('"')
	for _, r := range s {
		escape := rapid.IntRange(0, 6).Draw(d.t, "escape") == 0
		switch {
		case r > 0xffff && escape:
			fmt.Fprintf(&d.b, `\u%04X\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		case r < 0x20 || r == '"' || r == '\\' || r <= 0xffff && escape:
			fmt.Fprintf(&d.b, `\u%04x`, r)
		default:
			d.b.WriteRune(r)
		}
	}
	d.b.WriteByte('"')
}

func (d *doc) value(depth int) {
	d.blank()
	defer d.blank()
	kind := rapid.IntRange(0, 6).Draw(d.t, "kind")
	switch {
	case kind == 0 && depth > 0:
		d.b.WriteByte('[')
		for i := range rapid.IntRange(0, 3).Draw(d.t, "elements") {
			if i > 0 {
				d.b.WriteByte(',')
			}
			d.value(depth - 1)
		}
		d.blank()
		d.b.WriteByte(']')
	case kind == 1 && depth > 0:
		d.object(depth-1, randomMembers(d.t, rapid.SampledFrom([]string{"type", "stream", "data", "a", "", "record", "é\n"})))
	case kind == 2:
		d.b.WriteString(rapid.SampledFrom([]string{"true", "false", "null", "0", "-0.0", "1e400", "-1.25E-3", "123456789012345678901234567890"}).Draw(d.t, "token"))
	case kind == 3:
		d.b.WriteString(rapid.StringMatching(`-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?`).Draw(d.t, "number"))
	default:
		d.str(rapid.String().Draw(d.t, "text"))
	}
}

// member is a key and what writes its value.
type member struct {
	key   string
	value func(d *doc)
}

func randomMembers(t *rapid.T, keys *rapid.Generator[string]) []member {
	members := make([]member, rapid.IntRange(0, 4).Draw(t, "members"))
	for i := range members {
		members[i] = member{keys.Draw(t, "key"), nil}
	}
	return members
}

func (d *doc) object(depth int, members []member) {
	d.blank()
	d.b.WriteByte('{')
	d.blank()
	for i, m := range members {
		if i > 0 {
			d.b.WriteByte(',')
			d.blank()
		}
		d.str(m.key)
		d.blank()
		d.b.WriteByte(':')
		if m.value == nil {
			d.value(depth)
		} else {
			d.blank()
			m.value(d)
			d.blank()
		}
	}
	d.b.WriteByte('}')
	d.blank()
}

func shuffled(t *rapid.T, members []member) []member {
	return rapid.Permutation(members).Draw(t, "order")
}

func TestMessagesMeanTheSameInEveryForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream, namespace := rapid.String().Draw(t, "stream"), rapid.String().Draw(t, "namespace")
		others := rapid.SampledFrom([]string{"meta", "Stream", "TYPE", "records", "file_reference", ""})
		text := func(s string) func(*doc) { return func(d *doc) { d.str(s) } }
		record := append(randomMembers(t, others), member{"stream", text(stream)}, member{"namespace", text(namespace)},
			member{"data", func(d *doc) {
				d.object(3, randomMembers(t, rapid.SampledFrom([]string{"type", "stream", "data", "id"})))
			}},
			member{"emitted_at", func(d *doc) { d.b.WriteString("17e11") }})
		envelope := append(randomMembers(t, others), member{"type", text("RECORD")},
			member{"record", func(d *doc) { d.object(3, shuffled(t, record)) }})
		d := &doc{t: t}
		d.object(2, shuffled(t, envelope))
		line := []byte(d.b.String())

		v, e := checkLine(t, line)
		if v != ProtocolLine || e.Type != Record || string(e.EmittedAt.Of(line)) != "17e11" {
			t.Fatalf("%s is a %s: %+v", line, verdictName(v), e)
		}
		if s, n := string(Unquote(nil, e.Stream.Of(line))), string(Unquote(nil, e.Namespace.Of(line))); s != stream || n != namespace {
			t.Fatalf("%s: stream %q, namespace %q, want %q, %q", line, s, n, stream, namespace)
		}
		if !json.Valid(e.Data.Of(line)) || !json.Valid(e.Body.Of(line)) {
			t.Fatalf("%s: data %q, body %q", line, e.Data.Of(line), e.Body.Of(line))
		}
	})
}

func TestOneChangedByteIsJudgedAsTheReferenceDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &doc{t: t}
		record := append(randomMembers(t, rapid.Just("meta")), member{"stream", func(d *doc) { d.str("users") }},
			member{"data", func(d *doc) { d.object(2, randomMembers(t, rapid.String())) }})
		d.object(2, shuffled(t, []member{{"type", func(d *doc) { d.str("RECORD") }}, {"record", func(d *doc) { d.object(2, shuffled(t, record)) }}}))
		line := []byte(d.b.String())
		line[rapid.IntRange(0, len(line)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		checkLine(t, line)
		checkLine(t, line[:rapid.IntRange(0, len(line)).Draw(t, "cut")])
	})
}
