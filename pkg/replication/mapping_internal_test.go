package replication

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"knelt.dev/pkg/airbyte"
)

// forwarded is what the destination gets for one line.
func forwarded(t interface {
	Helper()
	Fatalf(string, ...any)
}, s Stream, line string,
) string {
	t.Helper()
	var out bytes.Buffer
	f := newForwarder(&out, s)
	if err := f.block([]byte(line + "\n")); err != nil {
		t.Fatalf("%v", err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func TestNamesAreMappedAndNothingElse(t *testing.T) {
	public := airbyte.Descriptor{Namespace: "public", Name: "users"}
	bare := airbyte.Descriptor{Name: "users"}
	for name, c := range map[string]struct {
		from, as   airbyte.Descriptor
		line, want string
	}{
		"prefix": {
			bare,
			airbyte.Descriptor{Name: `pre"fix_users`},
			`{"type":"RECORD","record":{"stream":"users","data":{"stream":"users"}}}`,
			`{"type":"RECORD","record":{"stream":"pre\"fix_users","data":{"stream":"users"}}}`,
		},
		"namespace added": {
			bare,
			airbyte.Descriptor{Namespace: "rä", Name: "users"},
			`{"record": {"data":{"namespace":"x"}, "stream":"users"},"type":"RECORD","namespace":"sibling"}`,
			`{"record": {"namespace":"rä","data":{"namespace":"x"}, "stream":"users"},"type":"RECORD","namespace":"sibling"}`,
		},
		"namespace added beside one in meta": {
			bare,
			airbyte.Descriptor{Namespace: "raw", Name: "users"},
			`{"type":"RECORD","record":{"stream":"users","data":{},"meta":{"namespace":"m"}}}`,
			`{"type":"RECORD","record":{"namespace":"raw","stream":"users","data":{},"meta":{"namespace":"m"}}}`,
		},
		"namespace null replaced": {
			bare,
			airbyte.Descriptor{Namespace: "raw", Name: "users"},
			`{"type":"RECORD","record":{"stream":"users","namespace": null ,"data":{}}}`,
			`{"type":"RECORD","record":{"stream":"users","namespace": "raw" ,"data":{}}}`,
		},
		"empty namespace replaced, key escaped": {
			bare,
			airbyte.Descriptor{Namespace: "raw", Name: "users"},
			`{"type":"RECORD","record":{"stream":"users","data":{},"n\u0061mespace":""}}`,
			`{"type":"RECORD","record":{"stream":"users","data":{},"n\u0061mespace":"raw"}}`,
		},
		"namespace removed": {
			public, bare,
			`{"type":"RECORD","record":{"stream":"users","namespace":"public","data":{}}}`,
			`{"type":"RECORD","record":{"stream":"users","namespace":null,"data":{}}}`,
		},
		"namespace replaced, escaped": {
			public,
			airbyte.Descriptor{Namespace: "raw", Name: "users"},
			`{"type":"RECORD","record":{"namespace":"publ\u0069c","data":{"a":[1, 2]},"stream":"us\u0065rs"}}`,
			`{"type":"RECORD","record":{"namespace":"raw","data":{"a":[1, 2]},"stream":"users"}}`,
		},
	} {
		if diff := cmp.Diff(c.want, forwarded(t, Stream{Descriptor: c.from, As: c.as}, c.line)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestFieldsAreDroppedWithOneCommaEach(t *testing.T) {
	users := airbyte.Descriptor{Name: "users"}
	for name, c := range map[string]struct {
		fields     []string
		data, want string
	}{
		"all kept":           {[]string{"a", "b", "c"}, `{"a":1, "b" : 2 ,"c":3}`, `{"a":1, "b" : 2 ,"c":3}`},
		"first":              {[]string{"b", "c"}, `{ "a" : 1 , "b" : 2 , "c" : 3 }`, `{"b" : 2 , "c" : 3 }`},
		"middle":             {[]string{"a", "c"}, `{ "a" : 1 , "b" : 2 , "c" : 3 }`, `{ "a" : 1 , "c" : 3 }`},
		"last":               {[]string{"a", "b"}, `{ "a" : 1 , "b" : 2 , "c" : 3 }`, `{ "a" : 1 , "b" : 2 }`},
		"all but the first":  {[]string{"a"}, `{"a":1,"b":2,"c":3}`, `{"a":1}`},
		"all but the middle": {[]string{"b"}, `{"a":1,"b":2,"c":3}`, `{"b":2}`},
		"all but the last":   {[]string{"c"}, `{"a":1,"b":2,"c":3}`, `{"c":3}`},
		"every second":       {[]string{"b", "d"}, `{"a":1,"b":2,"c":3,"d":4,"e":5}`, `{"b":2,"d":4}`},
		"all":                {[]string{}, `{"a":1,"b":2}`, `{}`},
		"all, blanks":        {[]string{"x"}, `{ "a":1 , "b":2 }`, `{ }`},
		"of nothing":         {[]string{"a"}, `{ }`, `{ }`},
		"nested untouched":   {[]string{"a"}, `{"a":{"b":1,"a":[{"c":2}]},"b":{"a":1}}`, `{"a":{"b":1,"a":[{"c":2}]}}`},
		"escaped keys":       {[]string{"ä", `q"`}, `{"\u00e4":1,"q\"":2,"\u0061":3}`, `{"\u00e4":1,"q\"":2}`},
		"long escaped key":   {[]string{strings.Repeat("k", 300) + "\n"}, `{"a":0,"` + strings.Repeat("k", 300) + `\n":1}`, `{"` + strings.Repeat("k", 300) + `\n":1}`},
		"case matters":       {[]string{"ID"}, `{"id":1,"ID":2}`, `{"ID":2}`},
		"repeated keys":      {[]string{"a"}, `{"a":1,"b":2,"a":3}`, `{"a":1,"a":3}`},
		"commas in strings":  {[]string{"b"}, `{"a":",\"b\":","b":"{,}"}`, `{"b":"{,}"}`},
	} {
		line := func(data string) string {
			return `{"type":"RECORD","record":{"stream":"users","data":` + data + `,"emitted_at":1}}`
		}
		if diff := cmp.Diff(line(c.want), forwarded(t, Stream{Descriptor: users, As: users, Fields: c.fields}, line(c.data))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// member is one member of an object, its value as it stands.
type member struct {
	Key   string
	Value string
}

// membersByDecoder reads an object with encoding/json.
func membersByDecoder(t interface {
	Helper()
	Fatalf(string, ...any)
}, object []byte,
) (all []member) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(object))
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		t.Fatalf("no object: %v %v in %s", tok, err, object)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatalf("%v in %s", err, object)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatalf("%v in %s", err, object)
		}
		all = append(all, member{fmt.Sprint(key), string(value)})
	}
	return all
}

func valueOfMember(members []member, key string) (string, bool) {
	for _, m := range members {
		if m.Key == key {
			return m.Value, true
		}
	}
	return "", false
}

// TestMappingAgreesWithADecoder compares random mapped records with what
// encoding/json makes of them: the same members in the same order with the same
// bytes, but for those that are mapped.
func TestMappingAgreesWithADecoder(t *testing.T) {
	word := rapid.SampledFrom([]string{"a", "b", "stream", "namespace", "data", "ä", `q"`, "\\", "e\n", ""})
	rapid.Check(t, func(t *rapid.T) {
		s := Stream{
			Descriptor: airbyte.Descriptor{Name: "users", Namespace: rapid.SampledFrom([]string{"", "public"}).Draw(t, "namespace")},
			As:         airbyte.Descriptor{Name: rapid.SampledFrom([]string{"users", `x"y`}).Draw(t, "as"), Namespace: rapid.SampledFrom([]string{"", "public", "räw"}).Draw(t, "as namespace")},
		}
		if rapid.Bool().Draw(t, "select") {
			s.Fields = rapid.SliceOfN(word, 0, 4).Draw(t, "fields")
		}
		data := drawObject(t, word, 0)
		parts := []string{`"stream":"users"`, `"data":` + data, `"meta":` + drawObject(t, word, 0)}
		if ns := s.Descriptor.Namespace; ns != "" {
			parts = append(parts, `"namespace":"`+ns+`"`)
		} else if rapid.Bool().Draw(t, "null") {
			parts = append(parts, rapid.SampledFrom([]string{`"namespace":null`, `"namespace" : ""`}).Draw(t, "no namespace"))
		}
		parts = rapid.Permutation(parts).Draw(t, "order")
		line := `{"type":"RECORD","record":{` + strings.Join(parts, ",") + `},"x":1}`
		checkMapped(t, s, line, forwarded(t, s, line))
	})
}

func checkMapped(t *rapid.T, s Stream, line, got string) {
	var e airbyte.Envelope
	if airbyte.Classify([]byte(got), &e) != airbyte.ProtocolLine {
		t.Fatalf("%s\nbecame %s: %s", line, got, e.Problem)
	}
	before, _ := valueOfMember(membersByDecoder(t, []byte(line)), "record")
	after, _ := valueOfMember(membersByDecoder(t, []byte(got)), "record")
	want, have := membersByDecoder(t, []byte(before)), membersByDecoder(t, []byte(after))
	expectNamespace(t, s, &want, have)
	for i := range want {
		switch want[i].Key {
		case "stream":
			want[i].Value = string(quote(s.As.Name))
		case "data":
			checkData(t, s, want[i].Value, &have[i])
			want[i].Value = have[i].Value
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Fatalf("%s\nbecame %s: %s", line, got, diff)
	}
}

// expectNamespace puts the mapped namespace where it has to be.
func expectNamespace(t *rapid.T, s Stream, want *[]member, have []member) {
	if s.As == s.Descriptor {
		return
	}
	i := slices.IndexFunc(*want, func(m member) bool { return m.Key == "namespace" })
	if i < 0 && s.As.Namespace != "" {
		*want = slices.Insert(*want, 0, member{Key: "namespace"})
		i = 0
	}
	if i >= 0 {
		(*want)[i].Value = string(namespaceValue(s.As.Namespace))
	}
	if len(*want) != len(have) {
		t.Fatalf("%d members, want %d", len(have), len(*want))
	}
}

func checkData(t *rapid.T, s Stream, before string, after *member) {
	want := membersByDecoder(t, []byte(before))
	if s.Fields != nil {
		want = slices.DeleteFunc(want, func(m member) bool { return !slices.Contains(s.Fields, m.Key) })
	} else if before != after.Value {
		t.Fatalf("data %s became %s", before, after.Value)
	}
	if diff := cmp.Diff(want, membersByDecoder(t, []byte(after.Value))); diff != "" && len(want) > 0 {
		t.Fatalf("data %s became %s: %s", before, after.Value, diff)
	}
}

// drawObject gives the text of an object with blanks here and there.
func drawObject(t *rapid.T, word *rapid.Generator[string], depth int) string {
	blank := rapid.SampledFrom([]string{"", "", " ", "\t"})
	var members []string
	for range rapid.IntRange(0, 4).Draw(t, "members") {
		value := rapid.SampledFrom([]string{"1", "-1.50e3", `"x,}{\""`, "null", "true", "[1, {}]"}).Draw(t, "value")
		if depth < 2 && rapid.IntRange(0, 3).Draw(t, "nest") == 0 {
			value = drawObject(t, word, depth+1)
		}
		b := blank.Draw(t, "blank")
		members = append(members, b+string(quote(word.Draw(t, "key")))+b+":"+b+value+b)
	}
	return "{" + blank.Draw(t, "blank") + strings.Join(members, ",") + "}"
}
