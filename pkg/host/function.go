package host

import (
	"context"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Handler handles an event. The reply, if it is not nil, is the answer's body
// (status 200), in the mode of the request; without one the answer is an empty
// 202.
type Handler func(context.Context, event.Event) (*event.Event, error)

// HTTPHandler handles a request that is no event. A nil Response is an empty
// 204.
type HTTPHandler func(context.Context, *Call) (*Response, error)

// Function is what a process serves.
type Function struct {
	// Name in logs and traces.
	Name string
	// Handle takes the events that are posted to the function's root; nil: none
	// are taken.
	Handle Handler
	// Post takes what is posted to the function's root and is no event; nil:
	// that is refused.
	Post HTTPHandler
	// Routes are the function's other paths.
	Routes []Route
	// Ready tells whether the function can do its work; nil if it always can.
	// It is asked by the readiness probe.
	Ready func(context.Context) error

	prefix string
}

// Route is a method and a path, as Fiber writes them: /sources/:name, /assets/*.
// A GET route answers HEAD too.
type Route struct {
	Method, Path string
	Handle       HTTPHandler
}

// Under puts a function under a path prefix, such as /sync.
func Under(prefix string, f Function) Function {
	f.prefix = strings.TrimRight(prefix, "/") + f.prefix
	return f
}
