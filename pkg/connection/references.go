package connection

import (
	"encoding/json"
	"maps"
	"slices"
)

// Found is a reference and the field that holds it.
type Found struct {
	Field string
	Reference
}

// References lists what a source's config and environment refer to, in the order
// of the fields as they are written.
func (s *Source) References() []Found { return references(s.Spec.Connector, s.Spec.Config) }

// References is as Source.References.
func (d *Destination) References() []Found { return references(d.Spec.Connector, d.Spec.Config) }

// References lists what a connection's notifications refer to.
func (c *Connection) References() []Found {
	var all []Found
	for i, n := range c.Spec.Notifications {
		at := itemField(notificationsField, i)
		all = appendReferences(all, at+".webhook", n.Webhook)
		all = appendReferences(all, at+".secret", n.Secret)
	}
	return all
}

func references(c Connector, config json.RawMessage) []Found {
	var all []Found
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		all = appendReferences(all, childField("spec.connector.env", name), c.Env[name])
	}
	walkJSON(config, "spec.config", func(leaf jsonLeaf) {
		if text, ok := leaf.text(); ok {
			all = appendReferences(all, leaf.field, text)
		}
	})
	return all
}

// appendReferences adds those of a text; one that is malformed has none, and was
// told when the document was read.
func appendReferences(all []Found, field, text string) []Found {
	pieces, wrong := parseReferences(text)
	if wrong != nil {
		return all
	}
	for _, p := range pieces {
		if p.reference != nil {
			all = append(all, Found{field, *p.reference})
		}
	}
	return all
}
