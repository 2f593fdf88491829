// Package knative holds the end-to-end tests on a real Kubernetes with Knative
// (test/cluster): events wake functions from zero, which run connectors in pods;
// and everything of it is killed, evicted, rolled and cut in the middle.
//
// test/knative/run.sh brings the cluster up, installs Knelt by its own manifests,
// pushes the connectors' images, and runs these tests in the cluster's network.
package knative
