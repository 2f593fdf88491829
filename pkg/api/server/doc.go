// Package server serves the API. It knows documents, plans, logs and connectors
// by small ports, so that the same server stands beside the scheduler on a
// cluster and in `knelt serve` on a laptop.
package server
