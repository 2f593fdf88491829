package main

import (
	"encoding/json"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// position is a stream's state. Incremental reads go by the cursor; a full
// refresh that can be resumed goes by the number of the last row.
type position struct {
	UpdatedAt string `json:"updated_at,omitempty"`
	Position  int64  `json:"position,omitempty"`
}

// positionAfter gives the state of a stream after row n.
func positionAfter(mode airbyte.SyncMode, n int64) json.RawMessage {
	if n == 0 {
		return json.RawMessage("{}")
	}
	p := position{Position: n}
	if mode == airbyte.Incremental {
		p = position{UpdatedAt: timeOf(n)}
	}
	raw, err := json.Marshal(p)
	if err != nil {
		panic("source-faker: a position cannot be written: " + err.Error())
	}
	return raw
}

// lastRow gives the row after which a read goes on, 0 without a state. A full
// refresh pays no heed to a LEGACY state: sources that still have those never do,
// and an engine cannot take one stream out of it.
func lastRow(c config, s airbyte.ConfiguredStream, state kit.State) (int64, error) {
	if s.SyncMode == airbyte.FullRefresh && state.Kind == airbyte.LegacyState {
		return 0, nil
	}
	raw := stateOf(s.Stream.Descriptor(), state)
	if raw == nil || (c.AlwaysUpdated && s.SyncMode == airbyte.Incremental) {
		return 0, nil
	}
	var p position
	if err := json.Unmarshal(raw, &p); err != nil {
		return 0, kit.ConfigError("state of stream %s: not one of this source's", s.Stream.Descriptor())
	}
	if s.SyncMode == airbyte.FullRefresh || p.UpdatedAt == "" {
		return max(0, p.Position), nil
	}
	n, err := rowAt(p.UpdatedAt)
	if err != nil {
		return 0, kit.ConfigError("state of stream %s: updated_at is no time", s.Stream.Descriptor())
	}
	return n, nil
}

// stateOf finds a stream's state in a state of any kind.
func stateOf(d airbyte.Descriptor, state kit.State) json.RawMessage {
	if state.Kind != airbyte.LegacyState {
		return state.Stream(d)
	}
	var byName map[string]json.RawMessage
	if json.Unmarshal(state.Legacy, &byName) != nil {
		return nil
	}
	return byName[d.Name]
}
