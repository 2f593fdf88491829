// Package api is the REST API of Knelt, version 1: its operations, who may use
// them, and the types that travel. Package server serves it, package client
// calls it; both read the one table, Operations, and so does the OpenAPI
// document (docs/openapi.json), which a test makes of it.
//
// Everything is JSON. Times are RFC 3339, UTC, in whole milliseconds. An error is
// a problem document (RFC 9457; docs/http.md has the causes). A list is a Page
// whose cursor is good for as long as what it points behind can be named: what
// comes and goes meanwhile may or may not be met, everything else is met once.
//
// A namespace in a path is "-" where there are none, on one machine.
package api
