// Package replication is the relay: it moves the bytes between a source's read
// and a destination's write, counts them in a ledger, pairs the states a
// destination returns with those that were sent, and says how the sync ended.
//
// It knows streams of bytes and commands of connectors; no Kubernetes, no HTTP,
// no Redis. What it forwards is a pure function of its configuration and the
// source's bytes: no clock, no randomness and no map order reaches the
// destination, so that a successor can produce the same bytes again.
package replication
