package connection

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// decision is the choice for one stream being made.
type decision struct {
	*selector
	// field is the path of the choice in the document.
	field  string
	choice StreamSelection
	stream airbyte.Stream
	out    Selected
}

// decide completes and checks the choice for one stream.
func (s *selector) decide(field string, choice StreamSelection, stream airbyte.Stream) Selected {
	d := &decision{selector: s, field: field, choice: choice, stream: tidy(stream)}
	d.out = Selected{Stream: stream, SelectedFields: choice.SelectedFields}
	d.syncMode()
	d.primaryKey()
	d.destinationSyncMode()
	d.cursor()
	d.fieldsExist()
	d.selectedFields()
	return d.out
}

// tidy leaves out the empty names that some sources give as their cursor or key.
func tidy(stream airbyte.Stream) airbyte.Stream {
	if emptyPath(stream.DefaultCursorField) {
		stream.DefaultCursorField = nil
	}
	stream.SourceDefinedPrimaryKey = slices.DeleteFunc(slices.Clone(stream.SourceDefinedPrimaryKey), emptyPath)
	return stream
}

func emptyPath(path []string) bool { return len(path) == 0 || slices.Contains(path, "") }

// fail reports a problem of this stream; all-streams connections have no field
// of their own for it, so the stream is always named.
func (d *decision) fail(field, message, hint string) {
	d.selector.fail(d.at(field), fmt.Sprintf("stream %q: %s", d.stream.Descriptor(), message), hint)
}

func (d *decision) warn(field, message, hint string) {
	d.selector.warn(d.at(field), fmt.Sprintf("stream %q: %s", d.stream.Descriptor(), message), hint)
}

func (d *decision) at(field string) string {
	if d.field == "spec.streams" {
		return d.field
	}
	return d.field + "." + field
}

// supported are the source's sync modes; old kits list none and can do
// full_refresh only.
func (d *decision) supported() []airbyte.SyncMode {
	if len(d.stream.SupportedSyncModes) == 0 {
		return []airbyte.SyncMode{airbyte.FullRefresh}
	}
	return d.stream.SupportedSyncModes
}

func (d *decision) syncMode() {
	supported := d.supported()
	mode := d.choice.SyncMode
	if mode == "" {
		mode = airbyte.FullRefresh
		cursor := d.stream.SourceDefinedCursor || len(d.stream.DefaultCursorField) > 0 || len(d.choice.CursorField) > 0
		if slices.Contains(supported, airbyte.Incremental) && (cursor || !slices.Contains(supported, airbyte.FullRefresh)) {
			mode = airbyte.Incremental
		}
	}
	if !slices.Contains(supported, mode) {
		d.fail("syncMode", fmt.Sprintf("the source cannot do %s", mode), "it can do: "+joinModes(supported))
	}
	d.out.SyncMode = mode
}

func (d *decision) primaryKey() {
	own, chosen := d.stream.SourceDefinedPrimaryKey, d.choice.PrimaryKey
	d.out.PrimaryKey = own
	if len(own) == 0 {
		d.out.PrimaryKey = chosen
		return
	}
	if len(chosen) > 0 && !sameKey(own, chosen) {
		d.fail("primaryKey", "the source defines another primary key", "leave primaryKey out, or write "+pathsText(own))
	}
}

// sameKey compares keys as sets of paths.
func sameKey(a, b [][]string) bool {
	in := func(list [][]string, path []string) bool {
		return slices.ContainsFunc(list, func(p []string) bool { return slices.Equal(p, path) })
	}
	return len(a) == len(b) && !slices.ContainsFunc(a, func(p []string) bool { return !in(b, p) })
}

// allowed tells whether the destination can do a mode. One that supports
// refreshes is told to append and which generation to keep, in place of
// overwriting (see replication).
func (d *decision) allowed(mode airbyte.DestinationSyncMode) bool {
	has := func(m airbyte.DestinationSyncMode) bool { return slices.Contains(d.destModes, m) }
	switch {
	case len(d.destModes) == 0:
		return true
	case mode == airbyte.OverwriteDedup && d.refreshes:
		return has(airbyte.AppendDedup)
	case mode == airbyte.OverwriteDedup:
		return has(airbyte.Overwrite)
	case mode == airbyte.Overwrite && d.refreshes:
		return has(airbyte.Overwrite) || has(airbyte.Append)
	}
	return has(mode)
}

func (d *decision) defaultDestinationMode() airbyte.DestinationSyncMode {
	dedup := len(d.out.PrimaryKey) > 0 && slices.Contains(d.destModes, airbyte.AppendDedup)
	switch {
	case d.out.SyncMode == airbyte.Incremental && dedup:
		return airbyte.AppendDedup
	case d.out.SyncMode == airbyte.FullRefresh && d.allowed(airbyte.Overwrite):
		return airbyte.Overwrite
	}
	return airbyte.Append
}

func (d *decision) destinationSyncMode() {
	mode := d.choice.DestinationSyncMode
	if mode == "" {
		mode = d.defaultDestinationMode()
	}
	d.out.DestinationSyncMode = mode
	if !d.allowed(mode) {
		d.fail("destinationSyncMode", fmt.Sprintf("destination %q cannot do %s", d.conn.Spec.Destination, mode), "it can do: "+joinModes(d.destModes))
	}
	overwrites := mode == airbyte.Overwrite || mode == airbyte.OverwriteDedup
	if overwrites && d.out.SyncMode == airbyte.Incremental {
		d.fail("destinationSyncMode", fmt.Sprintf("%s with incremental would keep nothing but the newest changes", mode), "choose append or append_dedup, or syncMode: full_refresh")
	}
	if d.dedups() && len(d.out.PrimaryKey) == 0 {
		d.fail("primaryKey", fmt.Sprintf("%s needs a primary key, and the source defines none", mode), "add primaryKey: [[FIELD]]")
	}
}

func (d *decision) dedups() bool {
	return d.out.DestinationSyncMode == airbyte.AppendDedup || d.out.DestinationSyncMode == airbyte.OverwriteDedup
}

func (d *decision) cursor() {
	chosen, own := d.choice.CursorField, d.stream.DefaultCursorField
	switch {
	case d.stream.SourceDefinedCursor:
		if len(chosen) > 0 && !slices.Equal(chosen, own) {
			d.warn("cursorField", "the source uses a cursor of its own", "cursorField has no effect: leave it out")
		}
		d.out.CursorField = own
	case len(chosen) > 0:
		d.out.CursorField = chosen
	case d.out.SyncMode == airbyte.Incremental || d.dedups():
		d.out.CursorField = own
		possible := slices.Contains(d.supported(), airbyte.Incremental)
		if d.out.SyncMode == airbyte.Incremental && possible && len(own) == 0 {
			d.fail("cursorField", "incremental needs a cursor, and the source defines none", "add cursorField: [FIELD], a field that grows with each change")
		}
	}
}

// fieldsExist looks the cursor and the key up in the stream's schema, where it
// lists its fields. What the user chose must be there; what the source says of
// itself is only worth a warning, unless the destination needs it.
func (d *decision) fieldsExist() {
	chosen := len(d.choice.CursorField) > 0 && !d.stream.SourceDefinedCursor
	d.pathExists("cursorField", "cursor", d.out.CursorField, chosen)
	for i, path := range d.out.PrimaryKey {
		field := "primaryKey"
		if len(d.choice.PrimaryKey) > i {
			field = itemField(field, i)
		}
		d.pathExists(field, "primary key", path, len(d.stream.SourceDefinedPrimaryKey) == 0 || d.dedups())
	}
}

func (d *decision) pathExists(field, what string, path []string, needed bool) {
	schema := d.stream.JSONSchema
	for i, name := range path {
		properties, listed := schemaProperties(schema)
		if !listed {
			return
		}
		next, ok := properties[name]
		if !ok {
			message := fmt.Sprintf("the %s %s is no field of the stream's schema", what, strings.Join(path[:i+1], "."))
			if hint := didYouMean(name, keys(properties)); needed {
				d.fail(field, message, hint)
			} else {
				d.warn(field, message, "the source connector says so of itself")
			}
			return
		}
		schema = next
	}
}

// schemaProperties gives the fields that a schema lists; false if it lists none.
func schemaProperties(schema json.RawMessage) (map[string]json.RawMessage, bool) {
	var s struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(schema, &s); err != nil || len(s.Properties) == 0 {
		return nil, false
	}
	return s.Properties, true
}

// selectedFields checks the fields that move and prunes the schema to them.
func (d *decision) selectedFields() {
	chosen := d.choice.SelectedFields
	if len(chosen) == 0 {
		return
	}
	properties, listed := schemaProperties(d.stream.JSONSchema)
	for i, name := range chosen {
		field := itemField("selectedFields", i)
		if slices.Contains(chosen[:i], name) {
			d.fail(field, fmt.Sprintf("field %q is selected twice", name), "remove one of the two")
		} else if _, ok := properties[name]; listed && !ok {
			d.fail(field, fmt.Sprintf("field %q is not in the stream's schema", name), selectedHint(name, properties))
		}
	}
	d.keepsKeys(properties, listed)
	pruned, err := PruneSchema(d.stream.JSONSchema, chosen)
	if err != nil {
		d.fail("selectedFields", "the stream's schema "+err.Error(), "leave selectedFields out")
		return
	}
	d.out.Stream.JSONSchema = pruned
}

func selectedHint(name string, properties map[string]json.RawMessage) string {
	if top, _, nested := strings.Cut(name, "."); nested {
		if _, ok := properties[top]; ok {
			return fmt.Sprintf("only whole top-level fields can be selected: %q", top)
		}
	}
	return didYouMean(name, keys(properties))
}

// keepsKeys refuses a selection without the cursor or the primary key: the
// destination could not order or tell apart the records.
func (d *decision) keepsKeys(properties map[string]json.RawMessage, listed bool) {
	needed := map[string][][]string{"primary key": d.out.PrimaryKey, "cursor": {d.out.CursorField}}
	for _, what := range []string{"cursor", "primary key"} {
		for _, path := range needed[what] {
			if len(path) == 0 || slices.Contains(d.choice.SelectedFields, path[0]) {
				continue
			}
			if _, known := properties[path[0]]; known || !listed {
				d.fail("selectedFields", fmt.Sprintf("the selection drops %q, which is the %s", path[0], what), "add it to selectedFields")
			}
		}
	}
}

// pathsText writes a primary key as YAML: [[id], [shop, id]].
func pathsText(paths [][]string) string {
	texts := make([]string, len(paths))
	for i, path := range paths {
		texts[i] = pathText(path)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func pathText(path []string) string {
	names := make([]string, len(path))
	for i, name := range path {
		names[i] = yamlString(name)
	}
	return "[" + strings.Join(names, ", ") + "]"
}
