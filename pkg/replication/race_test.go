//go:build race

package replication_test

// raceFactor is how much more the race detector takes.
const raceFactor = 10
