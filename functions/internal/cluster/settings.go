// Package cluster is what the functions have in common on Kubernetes: settings
// from the environment, and the engine over pods and Redis.
package cluster

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Settings of a function, beside those of pods (kube.FromEnvironment) and of the
// host (host.FromEnv). The variables are:
//
//	KNELT_STORE        Redis URL of the store; needed
//	KNELT_CONNECTIONS  "kubernetes" or unset: the objects of the API server; else a
//	                   folder of documents
//	KNELT_NAMESPACES   namespaces whose objects and Secrets are read, with commas
//	                   between, or "*" (default: that of connectors)
//	KNELT_HOME         folder for the logs of running syncs (/var/lib/knelt)
//	KNELT_LEASE_TTL    how long a lease lives (15s)
//	KNELT_ANSWERS_FOR  how long specs and catalogs are remembered (1h); 0s: not
//	K_SINK             where events are sent, such as a Broker; unset: nowhere
//	KNELT_SELF         URL of the sync function's continuations, for where there
//	                   is no Broker
//	KNELT_EVENT_FILE   a CloudEvent in JSON to carry out, as a Job
type Settings struct {
	Store, Home           string
	Connections           string
	Namespaces            []string
	LeaseTTL, AnswersFor  time.Duration
	Sink, Self, EventFile string
}

// FromEnv reads settings; get gives a variable, or "". The error names every
// variable that is missing or wrong.
func FromEnv(get func(string) string) (Settings, error) {
	s := Settings{
		Store: get("KNELT_STORE"), Connections: get("KNELT_CONNECTIONS"), Home: get("KNELT_HOME"),
		Sink: get("K_SINK"), Self: get("KNELT_SELF"), EventFile: get("KNELT_EVENT_FILE"),
	}
	if s.Connections == "kubernetes" {
		s.Connections = ""
	}
	for name := range strings.SplitSeq(get("KNELT_NAMESPACES"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			s.Namespaces = append(s.Namespaces, name)
		}
	}
	if s.Home == "" {
		s.Home = "/var/lib/knelt"
	}
	var missing, ttl, answers error
	if s.Store == "" {
		missing = errors.New("KNELT_STORE must be the Redis URL of the store")
	}
	s.LeaseTTL, ttl = duration(get, "KNELT_LEASE_TTL", 15*time.Second)
	s.AnswersFor, answers = duration(get, "KNELT_ANSWERS_FOR", time.Hour)
	return s, errors.Join(missing, ttl, answers)
}

func duration(get func(string) string, name string, otherwise time.Duration) (time.Duration, error) {
	text := get(name)
	if text == "" {
		return otherwise, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s is %q, must be a duration such as %s", name, text, otherwise)
	}
	return d, nil
}
