// Package cluster is what the functions have in common on Kubernetes: settings
// from the environment, and the engine over pods and Redis.
package cluster

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Settings of a function. The variables are:
//
//	KNELT_STORE                Redis URL of the store
//	KNELT_CONNECTIONS          folder of documents; unset: none
//	KNELT_NAMESPACE            where connectors' pods run, and whose Secrets
//	                           documents may name
//	KNELT_BRIDGE_IMAGE         image of the bridge
//	KNELT_BRIDGE_STORE_SECRET  Secret in KNELT_NAMESPACE with the bridges' store
//	KNELT_HOME                 folder for logs of running syncs (/var/lib/knelt)
//	KNELT_LEASE_TTL            how long a lease lives (15s)
//	KNELT_ANSWERS_FOR          how long specs and catalogs are remembered (1h)
//	K_SINK                     where events are sent, such as a Broker; unset: nowhere
//	KNELT_SELF                 URL of the sync function, for continuations
//	                           without a Broker
type Settings struct {
	Store, Connections, Namespace, BridgeImage, BridgeStoreSecret, Home string
	LeaseTTL, AnswersFor                                                time.Duration
	Sink, Self                                                          string
}

// FromEnv reads settings from an environment, as os.Environ gives it. The error
// names every variable that is missing or wrong.
func FromEnv(environ []string) (Settings, error) {
	values := map[string]string{}
	for _, assignment := range environ {
		name, value, _ := strings.Cut(assignment, "=")
		values[name] = value
	}
	s := Settings{Home: "/var/lib/knelt", LeaseTTL: 15 * time.Second, AnswersFor: time.Hour}
	var wrong []error
	for name, to := range map[string]*string{
		"KNELT_STORE": &s.Store, "KNELT_NAMESPACE": &s.Namespace, "KNELT_BRIDGE_IMAGE": &s.BridgeImage,
		"KNELT_BRIDGE_STORE_SECRET": &s.BridgeStoreSecret,
	} {
		if *to = values[name]; *to == "" {
			wrong = append(wrong, fmt.Errorf("%s is not set", name))
		}
	}
	s.Connections, s.Sink, s.Self = values["KNELT_CONNECTIONS"], values["K_SINK"], values["KNELT_SELF"]
	if home := values["KNELT_HOME"]; home != "" {
		s.Home = home
	}
	for name, to := range map[string]*time.Duration{"KNELT_LEASE_TTL": &s.LeaseTTL, "KNELT_ANSWERS_FOR": &s.AnswersFor} {
		if text := values[name]; text != "" {
			d, err := time.ParseDuration(text)
			if err != nil || d < 0 {
				wrong = append(wrong, fmt.Errorf("%s is %q, must be a duration such as 15s", name, text))
			}
			*to = d
		}
	}
	return s, errors.Join(wrong...)
}
