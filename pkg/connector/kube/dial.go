package kube

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"knelt.dev/pkg/connector/kube/resources"
)

func (c *Cluster) pods() corev1client.PodInterface {
	return c.Client.CoreV1().Pods(c.Settings.Namespace)
}

func (c *Cluster) secrets() corev1client.SecretInterface {
	return c.Client.CoreV1().Secrets(c.Settings.Namespace)
}

func addressOf(p *corev1.Pod) string {
	return net.JoinHostPort(p.Status.PodIP, strconv.Itoa(resources.Port))
}

// knock is how often a bridge that is not there yet is tried. A pod's address is
// known a moment before its first container runs.
const knock = 20 * time.Millisecond

// eager dials until it is answered for the first time: the relay's own waits grow
// to seconds, and a start is waited for.
func eager() func(context.Context, string) (net.Conn, error) {
	var answered atomic.Bool
	var d net.Dialer
	return func(ctx context.Context, address string) (net.Conn, error) {
		for {
			conn, err := d.DialContext(ctx, "tcp", address)
			if err == nil {
				answered.Store(true)
			}
			if err == nil || answered.Load() || !errors.Is(err, syscall.ECONNREFUSED) {
				return conn, err
			}
			select {
			case <-ctx.Done():
				return nil, err
			case <-time.After(knock):
			}
		}
	}
}
