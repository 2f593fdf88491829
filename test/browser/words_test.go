package browser

import (
	"testing"

	"knelt.dev/test/browser/fakeapi"
)

// module gives the address of one of the page's modules.
func module(name string) string {
	return `import(document.querySelector('link[href$="` + name + `"]').href)`
}

func TestNumbersSizesAndTimesAreWrittenForPeople(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/nowhere")
	for call, want := range map[string]string{
		"count(1234567)": "1,234,567", "count(0)": "0", "count(undefined)": "–", "plural(1, 'row')": "1 row", "plural(1200, 'row')": "1,200 rows",
		"bytes(0)": "0 B", "bytes(999)": "999 B", "bytes(999.6)": "1.0 kB", "bytes(31457280)": "31.5 MB", "bytes(999999)": "1.0 MB", "bytes(2.5e15)": "2.5 PB", "bytes(undefined)": "–",
		"duration(0)": "0.0 s", "duration(940)": "0.9 s", "duration(59_400)": "59 s", "duration(59_600)": "1 min", "duration(71_000)": "1 min 11 s",
		"duration(3_600_000)": "1 h", "duration(90_061_000)": "1 d 1 h", "duration(-5)": "0.0 s", "duration(NaN)": "–",
		"ago(1e12, 1e12 + 2000)": "now", "ago(1e12, 1e12 + 59_400)": "59 sec. ago", "ago(1e12, 1e12 + 59_700)": "1 min. ago", "ago(1e12, 1e12 + 3_590_000)": "1 hr. ago",
		"ago(1e12 + 5_400_000, 1e12)": "in 2 hr.", "ago(1e12, 1e12 + 86_400_000 * 1.2)": "yesterday", "ago(1e12, 1e12 + 86_400_000 * 13)": "13 days ago", "ago(1e12, 1e12 + 86_400_000 * 21)": "3 wk. ago",
		"streamName({ name: 'a' })": "a", "streamName({ namespace: 'n', name: 'a' })": "n.a", "fullName({ namespace: '-', name: 'a' })": "a",
		"tick(new Date(2026, 2, 1, 9, 30, 15), 15)": "09:30:15", "tick(new Date(2026, 2, 1, 9, 30), 300)": "09:30", "tick(new Date(2026, 2, 1), 3600)": "Mar 1",
		"between('2026-03-01T00:00:00Z', '2026-03-01T00:01:00Z')": "1 min", "between(undefined)": "–",
	} {
		if got := eval[string](p, module("app/format.js")+`.then((f) => f.`+call+`)`); got != want {
			t.Errorf("%s is %q, not %q", call, got, want)
		}
	}
}

// TestEventsAreReadHoweverTheyAreCut: a stream's pieces end anywhere.
func TestEventsAreReadHoweverTheyAreCut(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/nowhere")
	for stream, want := range map[string]string{
		"event: row\ndata: {\"a\":1}\n\n":                `[{"event":"row","data":"{\"a\":1}","id":""}]`,
		": alive\n\nid: 7\ndata: x\ndata:y\n\n":          `[{"event":"message","data":"x\ny","id":"7"}]`,
		"event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n":     `[{"event":"a","data":"1","id":""},{"event":"message","data":"2","id":""}]`,
		"event: nothing\n\nevent: end\ndata: {}\n\ndata": `[{"event":"end","data":"{}","id":""}]`,
	} {
		for size := range len(stream) {
			got := eval[string](p, module("app/sse.js")+`.then(({ parser }) => {
				const all = [], feed = parser((e) => all.push(e)), text = `+quote(stream)+`;
				for (let i = 0; i < text.length; i += `+quoteNumber(int64(size+1))+`) feed(text.slice(i, i + `+quoteNumber(int64(size+1))+`));
				return JSON.stringify(all);
			})`)
			if got != want {
				t.Fatalf("%q in pieces of %d is %s", stream, size+1, got)
			}
		}
	}
}

// TestJSONKeepsItsLiterals: what JavaScript would change is shown and compared
// as it came.
func TestJSONKeepsItsLiterals(t *testing.T) {
	t.Parallel()
	p := open(t, fakeapi.New(6), desktop, "#/nowhere")
	for text, want := range map[string]string{
		`18446744073709551613`: `18446744073709551613`, `1.0`: `1.0`, ` "a b" `: `"a b"`, `[ ]`: `[]`, `{ }`: `{}`,
		`{"a" : [1e400, -0, 1.50, {"b":null}] }`: `{"a":[1e400,-0,1.50,{"b":null}]}`,
		`{"}": "],[{\"\\", "\u0061": true}`:      `{"}":"],[{\"\\","\u0061":true}`,
		`{"a":1,"a":2}`:                          `{"a":1,"a":2}`,
	} {
		line := eval[string](p, module("app/json.js")+`.then((j) => j.write(j.read(`+quote(text)+`)))`)
		again := eval[string](p, module("app/json.js")+`.then((j) => j.write(j.read(j.write(j.read(`+quote(text)+`), "  "))))`)
		if line != want || again != want {
			t.Errorf("%s is %s, and %s after it was indented", text, line, again)
		}
	}
	if got := eval[string](p, module("app/json.js")+`.then((j) => j.write(j.at(j.read('{"a":{"x":1},"\\u0061":{"b":[2.0]}}'), "a", "b")))`); got != "[2.0]" {
		t.Errorf("the last of two members is %s", got)
	}
}
