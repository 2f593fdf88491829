// Package launcher starts the connector in its container and sees it through. It
// is the container's first process (PID 1), or an ordinary one in tests.
//
// It copies no byte: the connector's standard streams are the FIFOs themselves,
// and once it has started nobody but the connector has its ends of them. The
// sidecar at their other ends may be late, restarted or killed; no wait of the
// launcher is without an end that it notices (see package podfiles).
//
// What it answers for:
//
//   - The connector is a process group of its own. Signals to the launcher
//     (TERM, INT, HUP, USR1, USR2) go to that group.
//   - All processes that the connector leaves behind become the launcher's
//     children, whatever group or session they moved to, and are reaped. When
//     the connector has ended, those that hold an output open have a drain
//     time; then every one of them is killed.
//   - The sidecar's request to terminate, and the sidecar's end, are SIGTERM,
//     a grace, SIGKILL to all.
//   - If the launcher itself is killed the kernel kills the connector; in a pod
//     everything else goes with PID 1.
//   - exit.json is there before the launcher ends, and its own exit code is the
//     connector's: 128+n for signal n, 127 and 126 as shells say for programs
//     that are missing or not executable, 125 for the launcher's own troubles.
//
// It needs no shell, no writable root, and no tool of the image.
package launcher
