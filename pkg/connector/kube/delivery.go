package kube

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"k8s.io/client-go/kubernetes"
)

// imagesSince is the minor version of Kubernetes 1 that mounts images unless it
// is told not to.
const imagesSince = 35

// delivery decides how the bridge gets into connectors' containers.
type delivery struct {
	client kubernetes.Interface
	wanted Delivery

	mu      sync.Mutex
	decided bool
	copied  bool
}

// copies tells whether the bridge is to be copied.
func (d *delivery) copies() (bool, error) {
	if d.wanted != Auto {
		return d.wanted == ByCopy, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.decided {
		return d.copied, nil
	}
	version, err := d.client.Discovery().ServerVersion()
	if err != nil {
		return false, fmt.Errorf("asking for the cluster's version: %w", err)
	}
	d.decided, d.copied = true, !mountsImages(version.Major, version.Minor)
	return d.copied, nil
}

// refused notes that the cluster does not know image volumes in spite of its
// version, and tells whether copying is worth a try.
func (d *delivery) refused() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	again := d.wanted == Auto && !d.copied
	d.copied = d.copied || again
	return again
}

func mountsImages(major, minor string) bool {
	n, err := strconv.Atoi(strings.TrimRight(minor, "+"))
	return major != "1" || err == nil && n >= imagesSince
}
