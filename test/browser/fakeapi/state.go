package fakeapi

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/statefile"
)

// state is what was put, or that of a connection that was synced.
func (w *World) state(_ *host.Call, c *Connection) (*host.Response, error) {
	text, err := w.stateOf(c)
	if err != nil {
		return nil, err
	}
	positions, err := statefile.Parse(text)
	if err != nil {
		return nil, err
	}
	answer := api.State{State: text}
	if len(positions) > 0 {
		answer.Kind = positions[0].Kind
	}
	made, err := host.JSON(http.StatusOK, answer)
	if err == nil {
		made.Header.Set("ETag", tagOf(text))
	}
	return made, err
}

func tagOf(text []byte) string { return fmt.Sprintf(`"%x"`, sha256.Sum256(text)) }

func (w *World) stateOf(c *Connection) (json.RawMessage, error) {
	switch put, ok := w.states[key(c)]; {
	case ok:
		return put, nil
	case c.Last == nil:
		return json.RawMessage("[]"), nil
	}
	return statesAtFirst(c)
}

// statesAtFirst are two positions: one short, with a number that is none of
// JavaScript's, one long.
func statesAtFirst(c *Connection) (json.RawMessage, error) {
	position := func(name string, state any) any {
		return map[string]any{"type": "STREAM", "stream": map[string]any{"stream_descriptor": airbyte.Descriptor{Namespace: "public", Name: name}, "stream_state": state}}
	}
	var days []any
	for day := range 14 {
		days = append(days, map[string]string{"start": fmt.Sprintf("2026-03-%02d", day+1), "end": fmt.Sprintf("2026-03-%02d", day+2)})
	}
	return json.Marshal([]any{
		position(c.Name, map[string]any{"cursor": "2026-03-14T09:26:53.589Z", "lsn": json.Number("18446744073709551613")}),
		position(c.Name+"_lines", map[string]any{"slices": days, "use_global_cursor": false}),
	})
}

func (w *World) putState(call *host.Call, c *Connection) (*host.Response, error) {
	var body api.State
	if err := call.JSON(&body); err != nil {
		return nil, err
	}
	if _, err := statefile.Parse(body.State); err != nil {
		return nil, &host.Error{Cause: host.Invalid, Detail: "the state is none that a source can be given", Fields: []host.Field{{Pointer: "/state", Detail: err.Error()}}}
	}
	if c.Running != nil {
		return nil, host.Because(host.Held, errors.New("the connection is being synced"))
	}
	now, err := w.stateOf(c)
	if err != nil {
		return nil, err
	}
	if tag := call.Header.Get("If-Match"); tag != "" && tag != tagOf(now) {
		return nil, host.Because(host.Changed, errors.New("somebody else has moved the state since it was read"))
	}
	w.states[key(c)] = body.State
	return w.state(call, c)
}

// PutState changes a state behind the page's back, as a sync does.
func (w *World) PutState(namespace, name, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.find(namespace, name); c != nil {
		w.states[key(c)] = json.RawMessage(text)
	}
}

// forget forgets the state of streams that were emptied; none named: of all.
func (w *World) forget(c *Connection, streams []airbyte.Descriptor) error {
	text, err := w.stateOf(c)
	if err != nil {
		return err
	}
	positions, err := statefile.Parse(text)
	if err != nil {
		return err
	}
	positions = slices.DeleteFunc(positions, func(p store.Position) bool {
		return len(streams) == 0 || slices.Contains(streams, p.Stream)
	})
	w.states[key(c)], err = statefile.Write(positions)
	return err
}
