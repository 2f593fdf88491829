package report

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"knelt.dev/pkg/engine"
)

// events writes each event as one line of JSON.
type events struct {
	mu     sync.Mutex
	out    *json.Encoder
	errOut io.Writer
}

// NewEvents gives a Reporter for programs: each engine.Event is one line of JSON
// on out, and nothing else is. What is said goes to errOut.
func NewEvents(out, errOut io.Writer) Reporter {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return &events{out: encoder, errOut: errOut}
}

func (e *events) Observe(event engine.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.out.Encode(event); err != nil {
		// The writer itself remembers that it broke; an event always encodes.
		return
	}
}

func (e *events) Say(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fmt.Fprintln(e.errOut, text)
}

func (e *events) Close() {}
