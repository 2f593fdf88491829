package host

import "net/http"

// Cause says why a request was not done. It is the last word of a problem's type,
// https://knelt.dev/problems/CAUSE.
type Cause string

// The causes. Whether Knative delivers an event again depends on the status
// alone: 404, 408, 409, 429 and 5xx are tried again, the others go to the dead
// letter sink at once (docs/http.md).
const (
	// Undecodable: what was sent cannot be understood.
	Undecodable Cause = "undecodable"
	// UnknownType: an event of a type that is not handled here.
	UnknownType Cause = "unknown-type"
	// Unauthenticated: it is not known who asks.
	Unauthenticated Cause = "unauthenticated"
	// Forbidden: who asks may not.
	Forbidden Cause = "forbidden"
	// NotFound: there is no such path, connection or sync. For an event that
	// names something that is not there, the status is 422: 404 would have it
	// delivered again.
	NotFound Cause = "not-found"
	// Method: the path is there, the method is not.
	Method Cause = "method"
	// Held: somebody else is at it, and lives.
	Held Cause = "held"
	// Changed: it is not any more what the request was made for (If-Match).
	Changed Cause = "changed"
	// TooLarge: the body has more than Config.BodyLimit.
	TooLarge Cause = "too-large"
	// HeaderTooLarge: the header has more than 32 KiB.
	HeaderTooLarge Cause = "header-too-large"
	// MediaType: the body is of a kind that is not read here.
	MediaType Cause = "media-type"
	// Invalid: it was understood, and a person has to change it.
	Invalid Cause = "invalid"
	// Connector: a connector did not do what was asked of it.
	Connector Cause = "connector"
	// RateLimited: more than somebody behind this process takes.
	RateLimited Cause = "rate-limited"
	// Internal: a fault of ours. Its text stays in the log.
	Internal Cause = "internal"
	// Unavailable: something that is needed is not there now.
	Unavailable Cause = "unavailable"
	// Deadline: the request's time was up.
	Deadline Cause = "deadline"
	// SlowRequest: the request did not arrive in time.
	SlowRequest Cause = "slow-request"
	// ClientGone: nobody is there to read the answer. The status is for the log.
	ClientGone Cause = "client-gone"
)

// row is a line of the table from cause to status.
type row struct {
	status int
	title  string
	// retryAfter is said, in seconds, unless the error knows better; 0: not.
	retryAfter int
}

// statusClientGone is what proxies write into their logs for it.
const statusClientGone = 499

var table = map[Cause]row{
	Undecodable:     {http.StatusBadRequest, "The request cannot be understood", 0},
	UnknownType:     {http.StatusBadRequest, "Events of this type are not handled here", 0},
	Unauthenticated: {http.StatusUnauthorized, "It is not known who asks", 0},
	Forbidden:       {http.StatusForbidden, "Not allowed", 0},
	NotFound:        {http.StatusNotFound, "Not found", 0},
	Method:          {http.StatusMethodNotAllowed, "This path has other methods", 0},
	SlowRequest:     {http.StatusRequestTimeout, "The request did not arrive in time", 0},
	Held:            {http.StatusConflict, "Somebody else is at it", 5},
	Changed:         {http.StatusPreconditionFailed, "It has changed meanwhile", 0},
	TooLarge:        {http.StatusRequestEntityTooLarge, "The request is too large", 0},
	HeaderTooLarge:  {http.StatusRequestHeaderFieldsTooLarge, "The request's header is too large", 0},
	MediaType:       {http.StatusUnsupportedMediaType, "This media type is not read here", 0},
	Invalid:         {http.StatusUnprocessableEntity, "What was asked for has to be changed first", 0},
	RateLimited:     {http.StatusTooManyRequests, "Too many requests", 5},
	ClientGone:      {statusClientGone, "The client has gone away", 0},
	Connector:       {http.StatusBadGateway, "The connector failed", 0},
	Internal:        {http.StatusInternalServerError, "Internal error", 0},
	Unavailable:     {http.StatusServiceUnavailable, "Not possible now", 5},
	Deadline:        {http.StatusGatewayTimeout, "The time was up", 0},
}

// status of an answer to an event, or to another request.
func (c Cause) status(toEvent bool) int {
	if c == NotFound && toEvent {
		return table[Invalid].status
	}
	return table[c].status
}
