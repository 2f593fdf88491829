package store

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// Generations are the current generations of streams, as Store.Generations
// gives them. In JSON, where a descriptor cannot be a key, they are a list
// sorted by stream: [{"namespace":"public","name":"users","generation":3}].
type Generations map[airbyte.Descriptor]int64

type generation struct {
	airbyte.Descriptor
	Generation int64 `json:"generation"`
}

// MarshalJSON writes the sorted list; an empty map is [].
func (g Generations) MarshalJSON() ([]byte, error) {
	list := make([]generation, 0, len(g))
	for d, n := range g {
		list = append(list, generation{d, n})
	}
	slices.SortFunc(list, func(a, b generation) int { return CompareStreams(a.Descriptor, b.Descriptor) })
	return json.Marshal(list)
}

// UnmarshalJSON reads the list.
func (g *Generations) UnmarshalJSON(b []byte) error {
	var list []generation
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	*g = make(Generations, len(list))
	for _, e := range list {
		(*g)[e.Descriptor] = e.Generation
	}
	return nil
}

// CompareStreams is the order of streams in all lists: by namespace, then by
// name, bytewise.
func CompareStreams(a, b airbyte.Descriptor) int {
	return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
}
