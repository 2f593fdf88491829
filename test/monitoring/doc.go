// Package monitoring loads config/monitoring for real: promtool checks the rules
// and plays what sets them off, and a Prometheus that scrapes a process with syncs
// evaluates each rule and each panel's query. Both programs are built from their Go
// module (prometheus/go.mod), which takes long at first: make monitoring-check.
package monitoring
