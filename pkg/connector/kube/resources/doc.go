// Package resources makes the Kubernetes objects of connectors: a pod and the
// Secret with its seed, and the NetworkPolicy around all pods. It is pure: no
// client, context or clock; values go in, objects come out. docs/kubernetes.md
// draws the pod and gives the reason of each setting.
package resources
