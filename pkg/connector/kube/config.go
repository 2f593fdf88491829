package kube

import (
	"fmt"
	"log/slog"
	"time"

	"k8s.io/client-go/kubernetes"

	"knelt.dev/pkg/connector/kube/registry"
	"knelt.dev/pkg/connector/kube/resources"
)

// Delivery is how the bridge's program gets into a connector's container.
type Delivery string

// The deliveries. Auto is ByImage where the cluster is new enough.
const (
	Auto    Delivery = "auto"
	ByImage Delivery = "image"
	ByCopy  Delivery = "copy"
)

// Config says how connectors are run. Client, and of Settings Namespace, Bridge
// and Store are needed; begin with resources.DefaultSettings.
type Config struct {
	Client   kubernetes.Interface
	Settings resources.Settings
	// Delivery decides Settings.Copied. Empty: Auto.
	Delivery Delivery
	// Registry asks for images; nil: a registry.Lookup without settings.
	Registry *registry.Lookup

	// StartTimeout bounds the way from nothing to a connector that runs, images
	// pulled and all (default 15 min).
	StartTimeout time.Duration
	// PullPatience is how long an image may fail to be pulled for a reason that
	// may pass (default 30 s).
	PullPatience time.Duration
	// SchedulePatience is how long no node may have room: an autoscaler needs a
	// few minutes to bring one (default 5 min).
	SchedulePatience time.Duration
	// GiveUp is how long a bridge may not answer before its pod counts as lost
	// (default 1 min). What Kubernetes tells of the pod counts at once.
	GiveUp time.Duration
	// RemoveGrace is between SIGTERM and SIGKILL for a connector whose pod is
	// removed (default 10 s).
	RemoveGrace time.Duration
	// Log is for the operator; nil: slog's default.
	Log *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	s := c.Settings
	if c.Client == nil || s.Namespace == "" || s.Bridge == "" || s.Store.Name == "" || s.Store.Key == "" {
		return c, fmt.Errorf("running connectors in pods needs a client, a namespace, the bridge's image and the Secret with the store's address")
	}
	switch c.Delivery {
	case "":
		c.Delivery = Auto
	case Auto, ByImage, ByCopy:
	default:
		return c, fmt.Errorf("%q is no delivery of the bridge: there are %s, %s and %s", c.Delivery, Auto, ByImage, ByCopy)
	}
	if c.Registry == nil {
		c.Registry = &registry.Lookup{}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	def(&c.StartTimeout, 15*time.Minute)
	def(&c.PullPatience, 30*time.Second)
	def(&c.SchedulePatience, 5*time.Minute)
	def(&c.GiveUp, time.Minute)
	def(&c.RemoveGrace, 10*time.Second)
	return c, nil
}

func def(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}
