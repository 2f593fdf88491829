// Package registry asks the registry of an image what it takes to run it: its
// digest, its entrypoint and its user. Kubernetes tells none of these, and a
// container whose command is the bridge's needs them.
package registry
