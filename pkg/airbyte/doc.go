// Package airbyte is the Airbyte protocol (release 0.18.0) in Go: its messages
// as types, a classifier that tells what a line is without decoding it, and a
// decoder and encoder for the messages an engine or a connector handles itself.
//
// Property names keep the protocol's mixed casing (connectionStatus and
// sourceStats beside stream_descriptor and emitted_at); golden files pin it.
// Properties this package does not know survive a decode and encode.
package airbyte
