//go:build knelt_next_output

package replication

// builtAsNext makes a build whose output counts as that of the version after
// this one, for tests of engines that are upgraded in the middle of a sync.
const builtAsNext = 1
