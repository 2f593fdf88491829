package schemachange

import (
	"fmt"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
)

// stream makes one of properties, such as `"id":{"type":"integer"}`.
func stream(name, properties string, change ...func(*airbyte.Stream)) airbyte.Stream {
	s := airbyte.Stream{
		Name: name, JSONSchema: []byte(`{"type":"object","properties":{` + properties + `}}`),
		SupportedSyncModes: []airbyte.SyncMode{airbyte.FullRefresh, airbyte.Incremental},
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

func catalog(streams ...airbyte.Stream) airbyte.StreamCatalog {
	return airbyte.StreamCatalog{Streams: streams}
}

// tell writes a diff for a test, a line per stream and field.
func tell(d Diff) string {
	var b strings.Builder
	for _, s := range d.Streams {
		fmt.Fprintf(&b, "%s %s\n", s.Stream, s.Change)
		for _, f := range s.Fields {
			fmt.Fprintf(&b, "  %s %s %s>%s %s\n", strings.Join(f.Path, "."), f.Change, f.From, f.To, f.Of)
		}
		for _, n := range s.Notes {
			fmt.Fprintf(&b, "  note: %s\n", n)
		}
		for _, n := range s.Breaking {
			fmt.Fprintf(&b, "  breaks: %s\n", n)
		}
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

const users = `"id":{"type":"integer"},"updated_at":{"type":["null","string"],"format":"date-time"},"name":{"type":"string"}`

func TestDiffsTellFieldsAndTypesAndWhatBreaks(t *testing.T) {
	own := Use{
		Stream: airbyte.Descriptor{Name: "users"}, Named: true, SyncMode: airbyte.Incremental, OwnMode: true,
		CursorField: []string{"updated_at"}, OwnCursor: true, PrimaryKey: [][]string{{"id"}}, OwnKey: true, Fields: []string{"id", "updated_at", "name"},
	}
	theirs := Use{Stream: airbyte.Descriptor{Name: "users"}, SyncMode: airbyte.Incremental, CursorField: []string{"updated_at"}, PrimaryKey: [][]string{{"id"}}}
	for name, c := range map[string]struct {
		before, after airbyte.StreamCatalog
		use           []Use
		want          string
	}{
		"nothing": {catalog(stream("users", users)), catalog(stream("users", users)), []Use{own}, ""},
		"only the order of keys, and null": {
			catalog(stream("users", `"a":{"type":["null","string"]},"b":{"type":"integer"}`)),
			catalog(stream("users", `"b":{"type":["integer"]},"a":{"type":["string"]}`)), nil, "",
		},
		"streams come and go": {
			catalog(stream("users", users), stream("old", "")), catalog(stream("users", users), stream("new", "")),
			[]Use{own},
			"new added\nold removed\n",
		},
		"a stream that is named goes": {catalog(stream("users", users)), catalog(), []Use{own}, "users removed\n  breaks: the connection names it\n"},
		"any stream goes":             {catalog(stream("users", users)), catalog(), []Use{theirs}, "users removed\n"},
		"fields": {
			catalog(stream("users", users+`,"address":{"type":"object","properties":{"zip":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}}}`)),
			catalog(stream("users", `"id":{"type":"integer"},"updated_at":{"type":"string","format":"date-time"},"nick":{"type":"string"},
				"address":{"type":"object","properties":{"zip":{"type":["integer","null"]},"tags":{"type":"array","items":{"type":"integer"}},"street":{"type":"string"}}}`)),
			[]Use{theirs},
			"users changed\n  address.street added >string\n  address.tags.[] changed string>integer\n  address.zip changed string>integer\n  name removed string>\n  nick added >string\n",
		},
		"a cursor of one's own goes": {
			catalog(stream("users", users)), catalog(stream("users", `"id":{"type":"integer"},"name":{"type":"string"}`)),
			[]Use{own},
			"users changed\n  updated_at removed string (date-time)> cursor\n  breaks: its cursor updated_at is gone\n  breaks: the selected field updated_at is gone\n",
		},
		"the source has another cursor now": {
			catalog(stream("users", users, func(s *airbyte.Stream) { s.DefaultCursorField = []string{"updated_at"} })),
			catalog(stream("users", `"id":{"type":"integer"},"name":{"type":"string"},"modified":{"type":"string"}`, func(s *airbyte.Stream) { s.DefaultCursorField = []string{"modified"} })),
			[]Use{theirs},
			"users changed\n  modified added >string\n  updated_at removed string (date-time)> cursor\n  note: the source's cursor is modified, was updated_at\n",
		},
		"a cursor is retyped": {
			catalog(stream("users", users)), catalog(stream("users", strings.Replace(users, `"date-time"`, `"date-time","airbyte_type":"timestamp_with_timezone"`, 1))),
			[]Use{own},
			"users changed\n  updated_at changed string (date-time)>string (timestamp_with_timezone) cursor\n",
		},
		"a key goes": {
			catalog(stream("users", users)), catalog(stream("users", strings.Replace(users, `"id":{"type":"integer"},`, "", 1))),
			[]Use{own},
			"users changed\n  id removed integer> key\n  breaks: id of its primary key is gone\n  breaks: the selected field id is gone\n",
		},
		"the source has a key of its own": {
			catalog(stream("users", users)), catalog(stream("users", users, func(s *airbyte.Stream) { s.SourceDefinedPrimaryKey = [][]string{{"name"}} })),
			[]Use{own},
			"users changed\n  note: the source's primary key is name, was none\n  breaks: the source has a primary key of its own now, name\n",
		},
		"a mode goes": {
			catalog(stream("users", users)), catalog(stream("users", users, func(s *airbyte.Stream) { s.SupportedSyncModes = s.SupportedSyncModes[:1] })),
			[]Use{own},
			"users changed\n  note: the sync modes are full_refresh, were full_refresh, incremental\n  breaks: the source cannot do incremental any more\n",
		},
		"alternatives": {
			catalog(stream("users", `"x":{"oneOf":[{"type":"string"},{"type":"null"}]}`)),
			catalog(stream("users", `"x":{"oneOf":[{"type":"null"},{"type":"string"},{"type":"object","properties":{"b":{},"a":{}}}]}`)), nil,
			"users changed\n  x changed string>object of a, b or string\n",
		},
		"no schema at all": {
			catalog(airbyte.Stream{Name: "users", JSONSchema: []byte(`true`)}), catalog(airbyte.Stream{Name: "users"}), nil, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := Compare(c.before, c.after, c.use)
			if got := tell(d); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			if d.Breaking() != strings.Contains(c.want, "breaks:") {
				t.Errorf("breaking is %t", d.Breaking())
			}
		})
	}
}

// TestASchemaWithoutEndIsCompared in bounded time.
func TestASchemaWithoutEndIsCompared(t *testing.T) {
	deep := func(leaf string) string {
		return strings.Repeat(`"a":{"type":"object","properties":{`, 500) + `"x":{"type":"` + leaf + `"}` + strings.Repeat("}}", 500)
	}
	if d := Compare(catalog(stream("s", deep("string"))), catalog(stream("s", deep("integer"))), nil); !d.Empty() {
		t.Errorf("what is below the deepest level is told: %s", tell(d))
	}
}

func TestADiffInASentence(t *testing.T) {
	d := Compare(catalog(stream("users", users), stream("old", "")), catalog(stream("users", `"id":{"type":"string"},"a":{},"b":{}`)), nil)
	if got := d.String(); got != "old: removed; users: 2 fields added, 2 fields removed, 1 field retyped" {
		t.Errorf("got %s", got)
	}
}
