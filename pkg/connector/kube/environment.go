package kube

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"knelt.dev/pkg/connector/kube/registry"
	"knelt.dev/pkg/connector/kube/resources"
)

// namespaceFile has the namespace of the pod that this runs in.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// FromEnvironment is the Config of a program in the cluster, by its own service
// account and these variables:
//
//	KNELT_CONNECTOR_NAMESPACE        where connectors run (default: its own)
//	KNELT_BRIDGE_IMAGE               needed
//	KNELT_BRIDGE_PATH                the program in that image (/ko-app/bridge)
//	KNELT_BRIDGE_DELIVERY            auto, image, copy
//	KNELT_BRIDGE_STORE_SECRET        NAME/KEY of the store's address for bridges (knelt-bridge-store/address)
//	KNELT_LEASE_TTL                  of the bridge (15s)
//	KNELT_CONNECTOR_PULL_SECRETS     names, with commas between
//	KNELT_CONNECTOR_SERVICE_ACCOUNT  of connectors' pods
//	KNELT_INSECURE_REGISTRIES        those that speak http, with commas between
func FromEnvironment(environ []string) (Config, error) {
	in, err := rest.InClusterConfig()
	if err != nil {
		return Config{}, fmt.Errorf("connectors run in the pods of a cluster: %w", err)
	}
	// A sync makes a dozen requests at once; the default of 5 a second would
	// have them wait for each other.
	in.QPS, in.Burst = 50, 100
	client, err := kubernetes.NewForConfig(in)
	if err != nil {
		return Config{}, fmt.Errorf("connecting to the cluster: %w", err)
	}
	return fromEnvironment(environ, client, os.ReadFile)
}

func fromEnvironment(environ []string, client kubernetes.Interface, read func(string) ([]byte, error)) (Config, error) {
	get := lookup(environ)
	c := Config{Client: client, Settings: resources.DefaultSettings(), Delivery: Delivery(get("KNELT_BRIDGE_DELIVERY", ""))}
	s := &c.Settings
	s.Namespace = get("KNELT_CONNECTOR_NAMESPACE", "")
	if s.Namespace == "" {
		text, err := read(namespaceFile)
		if err != nil {
			return c, fmt.Errorf("finding the namespace for connectors (KNELT_CONNECTOR_NAMESPACE is not set): %w", err)
		}
		s.Namespace = strings.TrimSpace(string(text))
	}
	if s.Bridge = get("KNELT_BRIDGE_IMAGE", ""); s.Bridge == "" {
		return c, errors.New("KNELT_BRIDGE_IMAGE must name the bridge's image")
	}
	s.BridgePath = get("KNELT_BRIDGE_PATH", s.BridgePath)
	name, key, ok := strings.Cut(get("KNELT_BRIDGE_STORE_SECRET", "knelt-bridge-store/address"), "/")
	if !ok {
		return c, errors.New("KNELT_BRIDGE_STORE_SECRET must be NAME/KEY")
	}
	s.Store = resources.SecretKey{Name: name, Key: key}
	if ttl := get("KNELT_LEASE_TTL", ""); ttl != "" {
		var err error
		if s.LeaseTTL, err = time.ParseDuration(ttl); err != nil {
			return c, fmt.Errorf("KNELT_LEASE_TTL: %w", err)
		}
	}
	s.PullSecrets = list(get("KNELT_CONNECTOR_PULL_SECRETS", ""))
	s.ServiceAccount = get("KNELT_CONNECTOR_SERVICE_ACCOUNT", "")
	c.Registry = &registry.Lookup{Insecure: list(get("KNELT_INSECURE_REGISTRIES", ""))}
	return c.withDefaults()
}

func lookup(environ []string) func(name, otherwise string) string {
	return func(name, otherwise string) string {
		for _, entry := range environ {
			if value, found := strings.CutPrefix(entry, name+"="); found && value != "" {
				return value
			}
		}
		return otherwise
	}
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}
