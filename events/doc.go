// Package events is every CloudEvent that goes into Knelt or out of it: its
// types, payloads, ids, and the JSON Schemas of the payloads (folder schemas,
// made from the Go types by the tests).
//
// New makes an event of a payload, Decode reads a payload from an event. Both
// check it against its schema, so that an event which leaves here is one that is
// understood there.
//
// Ids are derived from what the event tells, never made up: whoever tells the
// same thing twice, since it was interrupted after the first time, sends the
// same id, and a receiver that knows it may drop it. Requests are recognised by
// their Run rather than by their id, since anybody may send one.
//
// No event holds a secret. Inline documents hold references
// (${secret:name/key}), which the receiver resolves. Whether a literal in a
// config is a secret only the connector's spec knows, which is not known here:
// whoever sends inline documents must use references. Texts of failures come
// from connectors, which quote their configs: whoever fills a Failure or Reasons
// must have redacted them (connection.Redactor).
package events
