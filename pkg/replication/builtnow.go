//go:build !knelt_next_output

package replication

const builtAsNext = 0
