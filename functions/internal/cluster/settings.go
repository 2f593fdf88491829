// Package cluster is what the functions have in common on Kubernetes: settings
// from the environment, and the engine over pods and Redis.
package cluster

import (
	"errors"
	"fmt"
	"strconv"
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
//	KNELT_LOGS         bucket for the logs of syncs instead, see package bucket,
//	                   such as s3://NAME?region=eu-central-1
//	KNELT_LOGS_FLUSH   how long a line waits there (5s)
//	KNELT_LOGS_KEEP    how many attempts of a connection are kept there (100)
//	KNELT_LOGS_KEEP_FOR  for how long (720h); 0 of either: no limit
//	KNELT_LEASE_TTL    how long a lease lives (15s)
//	KNELT_ANSWERS_FOR  how long specs and catalogs are remembered (1h); 0s: not
//	K_SINK             where events are sent, such as a Broker; unset: nowhere
//	KNELT_SELF         URL of the sync function's continuations, for where there
//	                   is no Broker
//	KNELT_EVENT_FILE   a CloudEvent in JSON to carry out, as a Job
type Settings struct {
	Store, Connections, Home string
	Namespaces               []string
	LeaseTTL, AnswersFor     time.Duration
	Sink, Self, EventFile    string
	Logs                     string
	LogsFlush, LogsKeepFor   time.Duration
	LogsKeep                 int
}

// FromEnv reads settings; get gives a variable, or "". The error names every
// variable that is missing or wrong.
func FromEnv(get func(string) string) (Settings, error) {
	s := Settings{
		Store: get("KNELT_STORE"), Connections: get("KNELT_CONNECTIONS"), Home: get("KNELT_HOME"),
		Sink: get("K_SINK"), Self: get("KNELT_SELF"), EventFile: get("KNELT_EVENT_FILE"),
		Logs: get("KNELT_LOGS"),
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
	return s, errors.Join(missing, ttl, answers, s.logs(get))
}

func (s *Settings) logs(get func(string) string) error {
	var flush, keepFor, keep error
	s.LogsFlush, flush = duration(get, "KNELT_LOGS_FLUSH", 5*time.Second)
	s.LogsKeepFor, keepFor = duration(get, "KNELT_LOGS_KEEP_FOR", 30*24*time.Hour)
	s.LogsKeep = 100
	if text := get("KNELT_LOGS_KEEP"); text != "" {
		var err error
		if s.LogsKeep, err = strconv.Atoi(text); err != nil || s.LogsKeep < 0 {
			keep = fmt.Errorf("KNELT_LOGS_KEEP is %q, must be a number of attempts", text)
		}
	}
	return errors.Join(flush, keepFor, keep)
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
