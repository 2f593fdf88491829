// Package layout says where everything of a cluster is: addresses, names and
// folders. There is one cluster on a machine.
package layout

import (
	"fmt"
	"os"
	"path/filepath"
)

// Names and addresses. All of them are in network namespaces without an
// uplink: they collide with nothing outside.
const (
	// Prefix begins the name of each namespace, link and cgroup.
	Prefix = "knelt-"
	// Cgroup is the folder, in each hierarchy, below which all pods are.
	Cgroup = "knelt"
	// Control is the machine with etcd, the API server, the registry and the
	// ingress. It runs no pods.
	Control = "control"

	// ControlAddress is the control machine's, and so the API server's, the
	// registry's and the ingress'.
	ControlAddress = "10.77.0.1"
	// Registry is the registry's host. Clients speak plain http to such an address.
	Registry = ControlAddress + ":5000"
	// APIServer is its URL.
	APIServer = "https://" + ControlAddress + ":6443"
	// ServiceRange, ServiceIP (of the API server) and DNSAddress are addresses of Services.
	ServiceRange = "10.96.0.0/16"
	ServiceIP    = "10.96.0.1"
	DNSAddress   = "10.96.0.10"
	// PodRange holds the ranges of all nodes.
	PodRange = "10.244.0.0/16"
	// Domain is that of Knative's public routes. The cluster's DNS answers each
	// name below it with the ingress' address.
	Domain = "knelt.test"
)

// Node is a machine that runs pods.
type Node struct {
	Name    string
	Address string
	// Pods is the range of its pods' addresses.
	Pods string
}

// Nodes are the nodes of the cluster.
func Nodes() []Node {
	nodes := make([]Node, 2)
	for i := range nodes {
		nodes[i] = Node{
			Name:    fmt.Sprintf("node%d", i+1),
			Address: fmt.Sprintf("10.77.0.%d", 11+i),
			Pods:    fmt.Sprintf("10.244.%d.0/24", i+1),
		}
	}
	return nodes
}

// Machines are the names of all machines, in the order in which they start.
func Machines() []string {
	names := []string{Control}
	for _, n := range Nodes() {
		names = append(names, n.Name)
	}
	return names
}

// FindNode is the node with this name.
func FindNode(name string) (Node, error) {
	for _, n := range Nodes() {
		if n.Name == name {
			return n, nil
		}
	}
	return Node{}, fmt.Errorf("there is no node %q: there are node1 and node2", name)
}

// Namespace is the name of a machine's network namespace.
func Namespace(machine string) string { return Prefix + machine }

// NamespacePath is where iproute2 keeps a machine's network namespace.
func NamespacePath(machine string) string { return "/var/run/netns/" + Namespace(machine) }

// State is the folder of all that lives as long as the cluster.
const State = "/var/lib/knelt-cluster"

// Kubeconfig is the path of the administrator's configuration.
const Kubeconfig = State + "/kubeconfig"

// Lock is held while a cluster is brought up or taken down.
const Lock = "/var/lock/knelt-cluster.lock"

// In is a path within a machine's folder.
func In(machine string, path ...string) string {
	return filepath.Join(append([]string{State, machine}, path...)...)
}

// Bin is the folder of what a user of the cluster finds on the PATH.
func Bin() string { return filepath.Join(State, "bin") }

// Cache is the folder of built programs. It outlives clusters.
func Cache() (string, error) {
	dir, err := os.UserCacheDir() // XDG_CACHE_HOME, or ~/.cache
	if err != nil {
		return "", fmt.Errorf("finding the folder for caches: %w", err)
	}
	return filepath.Join(dir, "knelt-cluster"), nil
}
