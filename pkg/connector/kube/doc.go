// Package kube runs connectors in pods of Kubernetes, through the bridge
// (docs/kubernetes.md, docs/bridge-pod.md).
//
// A Cluster is a connector.Runtime, whose pods live as long as the relay that
// started them is attached, and gives Pods, for the two halves of a sync: those
// live as long as the lease of their sync, and a successor attaches to them.
//
// Pods are watched. What keeps one from running, or ends it, is understood by one
// table (trouble.go) and told at once.
package kube
