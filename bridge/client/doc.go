// Package client is the relay's end of the bridge's protocol
// (docs/bridge-protocol.md): a connector.Run over the bridge in a connector's
// pod, which outlives its connections.
//
// Attach dials a bridge and keeps the connection: a cut one is dialed again,
// unaccepted bytes of stdin are sent again, outputs go on where they stopped.
// The user of a Run sees none of it, until the bridge has not answered for
// Config.GiveUp (ErrPodLost) or obeys a newer relay (ErrSuperseded).
//
// A relay that may be succeeded by another sets Config.Resumable. Then
//
//   - the source's bridge keeps its stdout until ReleaseStdout,
//   - the relay sends marks on the destination's stdin (Mark, OnMarked),
//   - a successor restores what Resume gives, calls ReadFrom on both runs, and
//     writes to Stdin what follows the mark: what the bridge has accepted already is
//     compared and swallowed, the rest is sent,
//   - Detach leaves, and Done, once all is settled, lets the bridge end.
package client
