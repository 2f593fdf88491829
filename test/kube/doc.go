// Package kube has no code but its tests: connectors in the pods of a real
// cluster, in a namespace that enforces the Pod Security Standard restricted.
//
// They run in the cluster's network:
//
//	KNELT_CLUSTER=bin/cluster bin/cluster nsenter -- go test ./test/kube
package kube
