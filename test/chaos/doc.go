// Package chaos kills the engine and its connectors at random moments and then
// looks whether the laws still hold: no checkpoint is ahead of what the
// destination has committed, nothing is left running, nothing secret is left
// lying about, and the next sync starts at once and brings everything.
//
// The moments are drawn from a seed that is printed; KNELT_SEED sets it. With
// KNELT_SOAK=1 the loops have their full length.
package chaos
