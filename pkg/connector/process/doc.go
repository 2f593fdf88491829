// Package process runs connectors as local programs, on Linux and macOS.
//
// What a program gets beside its arguments is deliberate, see environment.go.
// Its files live in a private directory per run, see rundir.go. A command that
// ends, is killed or loses its engine leaves neither processes nor secrets:
//
//   - Terminate and Wait end the whole process group, and on Linux also those
//     that left the group but carry the run's mark in their environment.
//   - When the engine dies, the kernel ends the command itself (Linux). Sweep,
//     called when an engine starts, ends its left-over children and removes the
//     directories of dead engines.
//
// On macOS a command outlives an engine that was killed, and Sweep removes
// directories only.
package process
