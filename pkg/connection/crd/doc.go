// Package crd has Sources, Destinations and Connections as objects of
// Kubernetes: it reads them from the API server as the documents of package
// connection, and writes their status and events.
//
// config/knative/050-crds.yaml, by which the API server knows and checks them,
// is generated from the Go types.
package crd

//go:generate go run ./generate ../../../config/knative/050-crds.yaml
