package schemachange

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
)

var (
	known = catalog(stream("users", `"id":{"type":"integer"}`), stream("gone", ""))
	now   = catalog(stream("users", `"id":{"type":"string"},"more":{}`), stream("fresh", `"x":{}`))
)

// names tells the streams of a catalog with the names of their fields.
func names(c airbyte.StreamCatalog) string {
	var all []string
	for _, s := range c.Streams {
		all = append(all, fmt.Sprintf("%s%s", s.Name, strings.TrimPrefix(string(s.JSONSchema), `{"type":"object","properties":`)))
	}
	return strings.Join(all, " ")
}

func TestWhatPoliciesMakeOfAChange(t *testing.T) {
	all := []Use{{Stream: airbyte.Descriptor{Name: "users"}}, {Stream: airbyte.Descriptor{Name: "gone"}}}
	named := []Use{{Stream: airbyte.Descriptor{Name: "users"}, Named: true}, {Stream: airbyte.Descriptor{Name: "fresh"}, Named: true}}
	broken := []Use{{Stream: airbyte.Descriptor{Name: "users"}, Named: true, Fields: []string{"id", "lost"}}}
	for _, c := range []struct {
		policy          connection.OnSchemaChange
		uses            []Use
		accepted        bool
		stop            bool
		catalog, remain string
	}{
		{connection.IgnoreChanges, all, false, false, `users{"id":{"type":"integer"}}}`, `users{"id":{"type":"integer"}}} gone{}}`},
		{connection.IgnoreChanges, named, false, false, `users{"id":{"type":"integer"}}} fresh{"x":{}}}`, `users{"id":{"type":"integer"}}} fresh{"x":{}}} gone{}}`},
		{connection.PropagateFields, all, false, false, `users{"id":{"type":"string"},"more":{}}}`, `users{"id":{"type":"string"},"more":{}}} gone{}}`},
		{connection.PropagateAll, all, false, false, `users{"id":{"type":"string"},"more":{}}} fresh{"x":{}}}`, `users{"id":{"type":"string"},"more":{}}} fresh{"x":{}}}`},
		{connection.PauseOnChange, all, false, true, `users{"id":{"type":"integer"}}} gone{}}`, `users{"id":{"type":"integer"}}} gone{}}`},
		{connection.PauseOnChange, all, true, false, `users{"id":{"type":"string"},"more":{}}} fresh{"x":{}}}`, `users{"id":{"type":"string"},"more":{}}} fresh{"x":{}}}`},
	} {
		d := Decide(c.policy, Compare(known, now, c.uses), known, now, c.uses, c.accepted)
		if d.Stop != c.stop || names(d.Catalog) != c.catalog || names(d.Known) != c.remain {
			t.Errorf("%s: stop %t\n%s\n%s\nwant %t\n%s\n%s", c.policy, d.Stop, names(d.Catalog), names(d.Known), c.stop, c.catalog, c.remain)
		}
	}
	// A stream that breaks is taken as it is, so that whoever selects it is told.
	before := catalog(stream("users", `"id":{},"lost":{}`))
	after := catalog(stream("users", `"id":{}`))
	if d := Decide(connection.IgnoreChanges, Compare(before, after, broken), before, after, broken, false); names(d.Catalog) != `users{"id":{}}}` {
		t.Errorf("got %s", names(d.Catalog))
	}
}

// TestPoliciesSettle: once a policy was applied, the same source brings nothing
// new, or the same news under ignore.
func TestPoliciesSettle(t *testing.T) {
	types := rapid.SampledFrom([]string{`{"type":"string"}`, `{"type":"integer"}`, `{"type":["null","string"]}`, `{"type":"object","properties":{"y":{"type":"string"}}}`, `{}`})
	streams := rapid.Custom(func(t *rapid.T) airbyte.StreamCatalog {
		var c airbyte.StreamCatalog
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 4, rapid.ID[string]).Draw(t, "streams") {
			var fields []string
			for _, field := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y", "z"}), 0, 3, rapid.ID[string]).Draw(t, "fields") {
				fields = append(fields, fmt.Sprintf("%q:%s", field, types.Draw(t, "type")))
			}
			c.Streams = append(c.Streams, stream(name, strings.Join(fields, ",")))
		}
		return c
	})
	rapid.Check(t, func(t *rapid.T) {
		before, after := streams.Draw(t, "before"), streams.Draw(t, "after")
		if d := Compare(before, before, nil); !d.Empty() {
			t.Fatalf("a catalog differs from itself: %s", d)
		}
		first := Compare(before, after, nil)
		for _, policy := range []connection.OnSchemaChange{connection.IgnoreChanges, connection.PropagateFields, connection.PropagateAll} {
			decision := Decide(policy, first, before, after, nil, false)
			again := Compare(decision.Known, after, nil)
			twice := Decide(policy, again, decision.Known, after, nil, false)
			if names(twice.Catalog) != names(decision.Catalog) || names(twice.Known) != names(decision.Known) {
				t.Fatalf("%s: the second sync takes %s, the first %s", policy, names(twice.Catalog), names(decision.Catalog))
			}
			if policy == connection.PropagateAll && !again.Empty() || policy == connection.IgnoreChanges && again.Digest() != first.Digest() {
				t.Fatalf("%s: the second sync finds %s, the first %s", policy, again, first)
			}
		}
	})
}
