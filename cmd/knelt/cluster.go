package main

import (
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"knelt.dev/pkg/api/client/cluster"
)

// inCluster begins what is named in place of a URL where the kubeconfig's cluster
// is the way; the namespace of the installation may follow.
const inCluster = "kube:"

// installed is the namespace that the manifests install Knelt in.
const installed = "knelt-system"

// kubeconfig says which cluster is meant, by flags called as kubectl's.
type kubeconfig struct{ cluster.Named }

func (k *kubeconfig) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&k.Kubeconfig, "kubeconfig", "", "kubeconfig of the cluster that "+inCluster+" means (default KUBECONFIG, or ~/.kube/config)")
	cmd.Flags().StringVar(&k.Context, "context", "", "its context (default the current one)")
}

func (k *kubeconfig) given() bool { return k.Kubeconfig != "" || k.Context != "" }

// way gives the URL of one of Knelt's functions and how it is reached: nil, where
// a URL is named already.
func (k *kubeconfig) way(named, function string) (string, http.RoundTripper, error) {
	namespace, is := strings.CutPrefix(named, inCluster)
	switch {
	case !is && k.given():
		return "", nil, usagef("--kubeconfig and --context are for %s, not for %s", inCluster, named)
	case !is:
		return named, nil, nil
	case namespace == "":
		namespace = installed
	case strings.Contains(namespace, "/"):
		return "", nil, usagef("%s: what follows %s is the namespace that Knelt is installed in", named, inCluster)
	}
	c, err := cluster.Open(k.Named)
	if err != nil {
		return "", nil, usagef("%v", err)
	}
	return "http://" + function + "." + namespace, c.Function(namespace, function), nil
}
