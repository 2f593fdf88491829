// Package manifests is what runs in the cluster beside Knative's own.
package manifests

import _ "embed" // for the manifests

// DNS is the cluster's DNS.
//
//go:embed dns.yaml
var DNS string

// Ingress is how pods reach the ingress, which is no pod.
//
//go:embed ingress.yaml
var Ingress string

// Knative holds values of Knative's ConfigMaps that differ from its own.
//
//go:embed knative.yaml
var Knative string
