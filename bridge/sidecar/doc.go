// Package sidecar is the bridge beside a connector: FIFOs on one side, relays
// that come and go on the other. docs/bridge-protocol.md says what relays see;
// package podfiles says how it meets the launcher in the connector's container.
//
// What moves where, each arrow one goroutine:
//
//	connector's stdout, stderr ─pump─▶ window ─session.send─▶ relay
//	relay ─session.receive─▶ inlet ─inlet.run─▶ connector's stdin
//
// Sidecar.mu makes one relay's frames and the next one's ATTACH a sequence: a
// frame is applied whole or not at all, and none is after a higher or equal
// epoch came.
package sidecar
