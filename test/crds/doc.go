// Package crds has no code but its tests: the kinds Source, Destination and
// Connection in a real API server, and what reads and writes them.
//
// They run in the cluster's network:
//
//	bin/cluster nsenter -- go test ./test/crds
package crds
