// Package host is the function host: what all functions do alike, and nothing
// else. It brings CloudEvents and plain HTTP to handlers that know neither
// Fiber nor sockets, and does probes, deadlines, draining, limits, one table
// from error to status, logs and traces.
//
// A Function is a name, a Handler of events and Routes. New mounts one or
// several (Under gives a prefix), Serve runs them until its context ends.
//
// What a handler can rely on:
//
//   - Its context ends when the request's time is up (Config.RequestTimeout less
//     Config.Margin, so that an answer still gets out), when the client has gone
//     away (context.Cause is ErrClientGone), or when the host ends without
//     waiting any longer (ErrStopped).
//   - Draining(ctx) is closed when the host has to end: finish or hand over, and
//     answer. Nobody waits longer than Config.DrainTimeout.
//   - What it is given is its own: it may keep it.
//   - Its error becomes a problem document by the table of Cause. A panic is an
//     error of the cause Internal.
package host
