// Package ingress is the ingress of Knative Serving, for test clusters: it
// serves plain HTTP/1.1 and HTTP/2 for the Ingresses of class Class, and
// implements splits, tags by header, rewritten hosts, upgrades and trailers.
// It knows no TLS. There is one of it: an Ingress is ready when this process
// has loaded it and knows an endpoint of each backend.
//
// It speaks to the API server by HTTP with the few fields that it needs. What it
// watches it keeps in memory: an error of any kind makes it list again.
package ingress

// Class is the value of the annotation that names an Ingress' implementation.
const Class = "knelt.ingress.networking.knative.dev"

const classAnnotation = "networking.knative.dev/ingress.class"

// PrivateHost is the Service by which pods reach the private port.
const PrivateHost = "knelt-ingress.knative-serving.svc.cluster.local"
