package connection

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"knelt.dev/pkg/airbyte"
)

const twoConnections = `apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec: {connector: {image: x}}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: shop-to-lake}
spec:
  source: shp
  destination: lake
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: other}
spec: {source: shop, destination: lake}
`

func loadText(t *testing.T, text string) *Set {
	t.Helper()
	set, err := load(strings.NewReader(text), []string{"-"})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestLookupsNameThePlaceAndTheNearestName(t *testing.T) {
	set := loadText(t, twoConnections)
	conn, err := set.Connection("shop-to-lake")
	if err != nil {
		t.Fatal(err)
	}
	other, err := set.Connection("other")
	if err != nil {
		t.Fatal(err)
	}
	if source, err := set.SourceOf(other); err != nil || source.Metadata.Name != "shop" {
		t.Errorf("got %v, %v", source, err)
	}
	single := loadText(t, strings.Split(twoConnections, "---\n")[2])
	if only, err := single.Connection(""); err != nil || only.Metadata.Name != "other" {
		t.Errorf("got %v, %v", only, err)
	}
	for want, lookup := range map[string]func() error{
		`<stdin>:10: spec.source: no Source "shp"; did you mean "shop"?`:                                                                 func() error { _, err := set.SourceOf(conn); return err },
		`<stdin>:11: spec.destination: no Destination "lake"; add a document of kind: Destination named lake, or name its file too (-f)`: func() error { _, err := set.DestinationOf(conn); return err },
		`no Connection "shop-to-lak"; did you mean "shop-to-lake"?`:                                                                      func() error { _, err := set.Connection("shop-to-lak"); return err },
		`no Connection "xyz"; known: other, shop-to-lake`:                                                                                func() error { _, err := set.Connection("xyz"); return err },
		`several Connections, and none was chosen; name one of: other, shop-to-lake`:                                                     func() error { _, err := set.Connection(""); return err },
		`no Connection in the files read; add a document of kind: Connection, or name its file too (-f)`:                                 func() error { _, err := (&Set{}).Connection("a"); return err },
	} {
		if err := lookup(); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestLoadWithoutPathsIsAnError(t *testing.T) {
	if _, err := Load(); err == nil || err.Error() != "no file to read; name a file or a folder (-f FILE-OR-FOLDER)" {
		t.Errorf("got %v", err)
	}
}

func TestLoadRefusesFilesTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.yaml")
	if err := os.WriteFile(path, bytes.Repeat([]byte("#"), maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || err.Error() != path+": is larger than 8 MiB; is it a file of documents at all?" {
		t.Errorf("got %v", err)
	}
}

// A key is in the path of everything below it, so that long ones multiply.
func TestLoadKeepsPathsShortWhateverTheKeys(t *testing.T) {
	key := strings.Repeat("k", 1<<16)
	set := loadText(t, "apiVersion: knelt.dev/v1alpha1\nkind: Source\nmetadata: {name: a}\nspec:\n  connector: {image: x}\n  config:\n    ? "+
		key+"\n    : ["+strings.Repeat("1,", 100)+"]\n")
	shop := set.Sources["a"]
	if got := len(shop.Spec.Config); got < len(key) {
		t.Errorf("the config has %d bytes: the key is cut", got)
	}
	for path := range *shop.Origin.fields {
		if len(path) > 1000 {
			t.Fatalf("a path of %d bytes", len(path))
		}
	}
}

// The parser's errors are not ours: should one quote the file, it is cut.
func TestSyntaxErrorsQuoteNothingOfTheFile(t *testing.T) {
	r := &reader{file: "f.yaml"}
	r.reportSyntax([]byte("a\nb\n"), errors.New("yaml: line 2: did not expect 'hunter2' or `tops3cret` before ':'"))
	if got := r.problems[0].String(); got != "f.yaml:2: is not valid YAML: did not expect ... or ... before ':'" {
		t.Errorf("got %s", got)
	}
}

func TestDefaultsAreIdempotentAndStandInDurations(t *testing.T) {
	var conn Connection
	conn.Default()
	first := conn.Spec
	conn.Default()
	if !reflect.DeepEqual(first, conn.Spec) {
		t.Errorf("got %+v, then %+v", first, conn.Spec)
	}
	text, err := json.Marshal(conn.Spec)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"source":"","destination":"","onSchemaChange":"ignore","retries":{"backoff":"10s"},"timeouts":{"sourceIdle":"3h0m0s","destinationIdle":"2h0m0s","sourceExit":"1m0s","grace":"10s","command":"10m0s"},"maxLine":268435456}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	var back ConnectionSpec
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, conn.Spec) {
		t.Errorf("back: %+v, %v", back, err)
	}
	for _, wrong := range []string{`5`, `"5"`} {
		var d Duration
		if err := json.Unmarshal([]byte(wrong), &d); err == nil {
			t.Errorf("%s was read as %s", wrong, d)
		}
	}
}

func TestMappingNamesStreamsAtTheDestination(t *testing.T) {
	d := airbyte.Descriptor{Namespace: "shop", Name: "users"}
	for _, c := range []struct {
		format, prefix string
		in, want       airbyte.Descriptor
		zero           bool
	}{
		{"", "", d, d, true},
		{"source", "", d, d, true},
		{"${SOURCE_NAMESPACE}", "", d, d, true},
		{"source", "p_", d, airbyte.Descriptor{Namespace: "shop", Name: "p_users"}, false},
		{"destination", "", d, airbyte.Descriptor{Name: "users"}, false},
		{"lake", "", d, airbyte.Descriptor{Namespace: "lake", Name: "users"}, false},
		{"a_${SOURCE_NAMESPACE}_b", "", d, airbyte.Descriptor{Namespace: "a_shop_b", Name: "users"}, false},
		{"${SOURCE_NAMESPACE}", "", airbyte.Descriptor{Name: "users"}, airbyte.Descriptor{Name: "users"}, true},
	} {
		m := Mapping{NamespaceFormat: c.format, Prefix: c.prefix}
		if got := m.Apply(c.in); got != c.want || m.IsZero() != c.zero {
			t.Errorf("%+v: got %+v, zero %v", m, got, m.IsZero())
		}
	}
}

func TestPruneSchemaKeepsTheBytesOfWhatStays(t *testing.T) {
	for _, c := range []struct{ schema, want string }{
		{`{}`, `{}`},
		{
			` {"type" : "object", "properties": { "a" : {"x": 1.0} , "b":2,"c" :[3] }, "required":[ "b" , "a"], "more": {"properties": {"b": 1}} } `,
			` {"type" : "object", "properties": {"a" : {"x": 1.0},"c" :[3]}, "required":["a"], "more": {"properties": {"b": 1}} } `,
		},
		{`{"properties": 5, "required": true}`, `{"properties": 5, "required": true}`},
		{`{"required": null, "properties": {"\u0061": {}}}`, `{"required": null, "properties": {"\u0061": {}}}`},
	} {
		if got, err := PruneSchema(json.RawMessage(c.schema), []string{"a", "c"}); err != nil || string(got) != c.want {
			t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
		}
	}
	for _, wrong := range []string{``, `[]`, `{`, `true`} {
		if got, err := PruneSchema(json.RawMessage(wrong), nil); err == nil {
			t.Errorf("%q gave %s", wrong, got)
		}
	}
}

func TestScaffoldWritesWhatLoadReadsAndSelectWouldDecide(t *testing.T) {
	var catalog airbyte.StreamCatalog
	text := `{"streams": [
 {"name": "users", "json_schema": {"properties": {"updated_at": {}, "id": {}}}, "supported_sync_modes": ["full_refresh", "incremental"], "default_cursor_field": ["updated_at"], "source_defined_primary_key": [["id"]]},
 {"name": "yes", "namespace": "eu: #1", "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]},
 {"name": "changes", "json_schema": {}, "supported_sync_modes": ["incremental"], "source_defined_cursor": true},
 {"name": "needs cursor", "json_schema": {}, "supported_sync_modes": ["incremental"]},
 {"name": "old", "json_schema": {}}]}`
	if err := json.Unmarshal([]byte(text), &catalog); err != nil {
		t.Fatal(err)
	}
	got, err := Scaffold("shop", "lake", catalog)
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "scaffold.golden")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
	if len(loadText(t, string(got)).Connections) != 1 {
		t.Error("no connection")
	}
	if _, err := Scaffold("shop", "lake", airbyte.StreamCatalog{}); err == nil {
		t.Error("an empty catalog was scaffolded")
	}
}

// Names of streams and fields are whatever the source's database has.
func TestScaffoldHoldsWhateverNamesSourcesHave(t *testing.T) {
	name := rapid.OneOf(
		rapid.StringN(1, 20, -1),
		rapid.SampledFrom([]string{"yes", "null", "~", "1", "0x1", "a: b", "#", "a\nb", "\u2028\u0085", "\x00\x7f", "'\"", "*a", "&a", "!a", "2020-01-01", "😀", "\ufeff", "<<"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		key, cursor := name.Draw(t, "key"), name.Draw(t, "cursor")
		schema, err := json.Marshal(map[string]any{"properties": map[string]any{key: map[string]any{}, cursor: map[string]any{}}})
		if err != nil {
			t.Fatal(err)
		}
		stream := airbyte.Stream{
			Name: name.Draw(t, "name"), Namespace: name.Draw(t, "namespace"), JSONSchema: schema,
			SupportedSyncModes: []airbyte.SyncMode{airbyte.FullRefresh, airbyte.Incremental},
			DefaultCursorField: []string{cursor}, SourceDefinedPrimaryKey: [][]string{{key}, {cursor}},
		}
		catalog := airbyte.StreamCatalog{Streams: []airbyte.Stream{stream}}
		source, destination := name.Draw(t, "source"), rapid.SampledFrom([]string{"", "lake", "\n"}).Draw(t, "destination")
		text, err := Scaffold(source, destination, catalog)
		if err != nil {
			t.Fatal(err)
		}
		set, err := load(bytes.NewReader(text), []string{"-"})
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		conn, err := set.Connection("")
		if err != nil {
			t.Fatal(err)
		}
		got, warnings, err := Select(conn, nil, catalog, nil)
		if err != nil || len(warnings) > 0 {
			t.Fatalf("%v %v in\n%s", err, warnings, text)
		}
		conn.Spec.Streams = nil
		want, _, err := Select(conn, nil, catalog, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s in\n%s", diff, text)
		}
	})
}

// inTime makes a fuzzed input that takes very long a failure: the fuzzer itself
// waits for ever.
func inTime(input ...[]byte) (stop func()) {
	timer := time.AfterFunc(8*time.Second, func() { panic(fmt.Sprintf("still busy with %q", input)) })
	return func() { timer.Stop() }
}

func FuzzLoad(f *testing.F) {
	stories, err := filepath.Glob("testdata/load/*.txtar")
	if err != nil || len(stories) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, story := range stories {
		text, err := os.ReadFile(story)
		if err != nil {
			f.Fatal(err)
		}
		_, text, _ = bytes.Cut(text, []byte(" --\n"))
		text, _, _ = bytes.Cut(text, []byte("\n-- "))
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		defer inTime(text)()
		set, err := load(bytes.NewReader(text), []string{"-"})
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without a text")
			}
			return
		}
		for _, s := range set.Sources {
			if !json.Valid(s.Spec.Config) {
				t.Fatalf("a config that is no JSON: %q", s.Spec.Config)
			}
			if _, _, err := Resolve(s.Spec.Config, values{}); err != nil && strings.Contains(err.Error(), "JSON") {
				t.Fatal(err)
			}
			RedactConfig(specOf(secretSpec), s.Spec.Config)
		}
		for _, c := range set.Connections {
			if !dns1123.MatchString(c.Metadata.Name) {
				t.Fatalf("a connection named %q", c.Metadata.Name)
			}
		}
	})
}

func FuzzValidateConfig(f *testing.F) {
	f.Add([]byte(secretSpec), []byte(`{"password": 1}`))
	f.Add([]byte(`{"oneOf": [{"properties": {"a": {"const": 1}}}, {"$ref": "#/oneOf/0"}, true]}`), []byte(`{"a": 2}`))
	f.Add([]byte(`{"pattern": "(?<=a)b", "type": ["string", "null"], "$ref": "#"}`), []byte(`"x"`))
	f.Fuzz(func(t *testing.T, schema, config []byte) {
		defer inTime(schema, config)()
		spec := &airbyte.ConnectorSpecification{ConnectionSpecification: schema}
		warnings, err := ValidateConfig(spec, config)
		for _, w := range warnings {
			if strings.Contains(w.Message, "cannot be used") {
				t.Fatalf("a schema that could not be mended: %s\n%s", w, schema)
			}
		}
		if err != nil && err.Error() == "" {
			t.Fatal("an error without a text")
		}
		SecretPaths(spec)
		RedactConfig(spec, config)
	})
}
