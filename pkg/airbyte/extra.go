package airbyte

import (
	"encoding/json"
	"maps"
	"slices"
)

// Extra holds the properties of an object that the protocol does not name, by
// key, so that they survive a decode and encode (additionalProperties: true).
// Of a key that was given twice it holds the last value, as other readers do.
type Extra map[string]json.RawMessage

func (e *Extra) keep(m rawMember) {
	if *e == nil {
		*e = Extra{}
	}
	(*e)[string(m.name)] = slices.Clone(m.value)
}

// append writes the properties in the order of their names, so that encoding
// the same value gives the same bytes.
func (e Extra) append(o *objectWriter) error {
	for _, name := range slices.Sorted(maps.Keys(e)) {
		if err := o.raw(name, e[name]); err != nil {
			return under(name, err)
		}
	}
	return nil
}
