//go:build !race

package client_test

// slower is by how much the race detector slows what moves bytes.
const slower = 1
