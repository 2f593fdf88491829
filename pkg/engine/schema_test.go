package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/schemachange"
	"knelt.dev/pkg/store"
)

// schemaFixture is a fixture whose source tells the catalog in a file, with an
// engine that would remember it.
func schemaFixture(t *testing.T, policy string) *fixture {
	t.Helper()
	f := newFixture(t)
	f.engine.AnswersFor = time.Hour
	f.sourceEnv = fmt.Sprintf(", CATALOG: %q", filepath.Join(f.dir, "catalog.json"))
	f.spec = "  discoverBeforeSync: true\n  onSchemaChange: " + policy + "\n"
	f.has(t, `"id":{"type":"integer"}`)
	return f
}

// has gives the source's stream users these fields; others are further streams.
func (f *fixture) has(t *testing.T, users string, others ...string) {
	t.Helper()
	streams := []string{`{"name":"users","json_schema":{"type":"object","properties":{` + users + `}},"supported_sync_modes":["full_refresh","incremental"],"source_defined_cursor":true,"default_cursor_field":["id"],"source_defined_primary_key":[["id"]]}`}
	for _, name := range append([]string{"plain"}, others...) {
		streams = append(streams, `{"name":"`+name+`","json_schema":{"type":"object","properties":{"id":{"type":"integer"}}},"supported_sync_modes":["full_refresh"]}`)
	}
	line := `{"type":"CATALOG","catalog":{"streams":[` + strings.Join(streams, ",") + "]}}\n"
	if err := os.WriteFile(filepath.Join(f.dir, "catalog.json"), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
}

// told gives the changes that were told since the last call.
func (f *fixture) told() []*engine.SchemaChange {
	var all []*engine.SchemaChange
	for _, e := range f.events {
		if e.Kind == engine.SchemaChanged {
			all = append(all, e.Schema)
		}
	}
	f.events = nil
	return all
}

// moved tells whether the catalog that the source was given has a text.
func (f *fixture) moved(t *testing.T, text string) bool {
	t.Helper()
	return strings.Contains(f.note(t, ".catalog"), text)
}

func TestPoliciesDecideWhatASyncMoves(t *testing.T) {
	for policy, want := range map[string]struct{ field, stream bool }{
		"ignore": {false, false}, "propagateFields": {true, false}, "propagateAll": {true, true},
	} {
		t.Run(policy, func(t *testing.T) {
			f := schemaFixture(t, policy)
			want1 := f.sync(t, nil)
			if want1.Status() != store.Succeeded || want1.SchemaChange != nil || len(f.told()) != 0 {
				t.Fatalf("the first sync: %s, %+v", want1.Status(), want1.SchemaChange)
			}
			f.has(t, `"id":{"type":"integer"},"email":{"type":"string"}`, "orders")
			r := f.sync(t, nil)
			if r.Status() != store.Succeeded || f.moved(t, "email") != want.field || f.moved(t, "orders") != want.stream {
				t.Errorf("%s %q; the source was given %s", r.Status(), r.Reasons(), f.note(t, ".catalog"))
			}
			told := f.told()
			if len(told) != 1 || told[0].String() != "orders: added; users: 1 field added" || told[0].Breaking() || told[0].Stopped || r.SchemaChange != told[0] {
				t.Fatalf("told %+v", told)
			}
			// Once is enough, and what was decided stays.
			r = f.sync(t, nil)
			if r.Status() != store.Succeeded || f.moved(t, "email") != want.field || f.moved(t, "orders") != want.stream {
				t.Errorf("the next sync: %s; the source was given %s", r.Status(), f.note(t, ".catalog"))
			}
			if again := f.told(); len(again) != 0 {
				t.Errorf("it is told again: %+v", again[0])
			}
			last, err := f.engine.LastSchemaChange(t.Context(), "shop-to-lake")
			if err != nil || last == nil || last.At.IsZero() || last.Sync == 0 {
				t.Errorf("kept is %+v, %v", last, err)
			}
		})
	}
}

func TestPauseStopsTheSyncOnceAndTheNextTakesTheNewSchema(t *testing.T) {
	f := schemaFixture(t, "pause")
	f.spec += "  retries: {max: 3, backoff: 1ms}\n"
	want(t, f.sync(t, nil), store.Succeeded)
	before := f.note(t, "")
	f.has(t, `"id":{"type":"string"}`)
	r := f.sync(t, nil)
	want(t, r, store.Failed)
	if r.Mend == nil || r.SchemaChange == nil || !r.SchemaChange.Stopped || !strings.Contains(r.Reasons()[0], "users: 1 field retyped") {
		t.Errorf("mend %v, change %+v, reasons %q", r.Mend, r.SchemaChange, r.Reasons())
	}
	if strings.Contains(strings.TrimPrefix(f.note(t, ""), before), "source read") {
		t.Error("rows were read all the same")
	}
	if told := f.told(); len(told) != 1 {
		t.Errorf("told %d times", len(told))
	}
	r = f.sync(t, nil) // somebody has looked
	want(t, r, store.Succeeded)
	if !f.moved(t, `"id":{"type":"string"}`) || len(f.told()) != 0 {
		t.Errorf("the source was given %s", f.note(t, ".catalog"))
	}
	f.has(t, `"id":{"type":"integer"}`) // another change stops it again
	want(t, f.sync(t, nil), store.Failed)
}

// TestABreakingChangeFailsUnderEveryPolicy, and says what breaks before.
func TestABreakingChangeFailsUnderEveryPolicy(t *testing.T) {
	for _, policy := range []string{"ignore", "propagateFields", "propagateAll"} {
		f := schemaFixture(t, policy)
		f.spec += "  streams: [{name: users, selectedFields: [id, email]}, {name: plain}]\n"
		f.has(t, `"id":{"type":"integer"},"email":{"type":"string"}`)
		want(t, f.sync(t, nil), store.Succeeded)
		f.has(t, `"id":{"type":"integer"}`)
		r := f.sync(t, nil)
		want(t, r, store.Failed)
		told := f.told()
		if len(told) != 1 || !told[0].Breaking() || told[0].Streams[0].Breaking[0] != "the selected field email is gone" || r.Mend == nil {
			t.Errorf("%s: told %+v, reasons %q", policy, told, r.Reasons())
		}
		f.has(t, `"id":{"type":"integer"},"email":{"type":"string"}`)
		want(t, f.sync(t, nil), store.Succeeded)
	}
}

// TestWithoutBeingAskedNothingIsCompared: the catalog is what it is, and may be
// remembered.
func TestWithoutBeingAskedNothingIsCompared(t *testing.T) {
	f := schemaFixture(t, "pause")
	f.spec = "  onSchemaChange: pause\n"
	want(t, f.sync(t, nil), store.Succeeded)
	f.has(t, `"id":{"type":"string"}`)
	want(t, f.sync(t, nil), store.Succeeded)
	if f.moved(t, `"string"`) || len(f.told()) != 0 {
		t.Error("the source was asked")
	}
}

func TestADiffIsAgainstTheLastSync(t *testing.T) {
	f := schemaFixture(t, "ignore")
	conn := f.request(t).Connection
	now := airbyte.StreamCatalog{Streams: []airbyte.Stream{{Name: "users", JSONSchema: []byte(`{}`)}}}
	if _, ok, err := f.engine.DiffSchema(t.Context(), conn, nil, now); ok || err != nil {
		t.Errorf("known before the first sync: %t, %v", ok, err)
	}
	want(t, f.sync(t, nil), store.Succeeded)
	diff, ok, err := f.engine.DiffSchema(t.Context(), conn, nil, now)
	if err != nil || !ok || diff.String() != "plain: removed; users: 1 field removed, the source's primary key is none, was id, the source's cursor is none, was its own (id), the sync modes are none listed, were full_refresh, incremental" {
		t.Errorf("%s, %t, %v", diff, ok, err)
	}
	if diff.Streams[1].Change != schemachange.Changed {
		t.Errorf("%+v", diff)
	}
}
