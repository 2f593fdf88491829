// Package plan says what each machine runs, with which flags and files. It only
// makes values.
package plan

import (
	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/machine"
)

// Programs are the paths of the built binaries.
type Programs struct {
	// Kubernetes, Containerd and Runc are folders.
	Kubernetes, Containerd, Runc string
	// Tool is this tool, which is the registry, too; Ingress the ingress.
	Tool, Ingress string
}

func (p Programs) kube(name string, flags ...string) []string {
	return append([]string{p.Kubernetes + "/kubernetes", name}, flags...)
}

const (
	etcdListens      = "tcp:127.0.0.1:2379"
	apiServerListens = "tcp:" + layout.ControlAddress + ":6443"
)

// PKI is the folder of the API server's certificate, which it makes itself.
func PKI() string { return layout.In(layout.Control, "pki") }

// CA is the file with which the API server is recognised.
func CA() string { return PKI() + "/apiserver.crt" }

// ServiceAccountKey is the key that signs the tokens of pods.
func ServiceAccountKey() string { return PKI() + "/sa.key" }

// Tokens is the file with the administrator's token.
func Tokens() string { return PKI() + "/tokens.csv" }

// Control is the machine that runs the cluster.
func Control(p Programs) machine.Spec {
	return machine.Spec{
		Name:  layout.Control,
		Binds: []machine.Bind{{From: layout.In(layout.Control, "var-log"), At: "/var/log"}},
		Programs: []machine.Program{
			etcd(),
			{Name: "registry", Args: []string{p.Tool, "registry", layout.In(layout.Control, "registry")}},
			{Name: "kube-apiserver", After: etcdListens, Args: apiServer(p)},
			{Name: "kube-controller-manager", After: apiServerListens, Args: controllers(p)},
			{Name: "kube-scheduler", After: apiServerListens, Args: p.kube("kube-scheduler",
				"--kubeconfig="+layout.Kubeconfig, "--leader-elect=false")},
			// The control machine has no Node of its own, for which it would wait half a minute.
			kubeProxy(p, layout.Nodes()[0].Name),
			{Name: "ingress", After: apiServerListens, Args: []string{p.Ingress, "--kubeconfig", layout.Kubeconfig}},
		},
	}
}

// etcd does not wait for the disk: the cluster ends with the machine anyway.
func etcd() machine.Program {
	return machine.Program{Name: "etcd", Args: []string{
		"/usr/bin/etcd", "--name=knelt", "--data-dir=" + layout.In(layout.Control, "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
		"--listen-peer-urls=http://127.0.0.1:2380", "--logger=zap", "--log-level=warn",
	}}
}

func apiServer(p Programs) []string {
	return p.kube("kube-apiserver",
		"--etcd-servers=http://127.0.0.1:2379",
		"--advertise-address="+layout.ControlAddress,
		"--cert-dir="+PKI(),
		"--token-auth-file="+Tokens(),
		"--authorization-mode=RBAC",
		"--allow-privileged=true",
		"--service-cluster-ip-range="+layout.ServiceRange,
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file="+ServiceAccountKey(),
		"--service-account-signing-key-file="+ServiceAccountKey(),
		// Webhooks are called at their pods, not by way of rules that kube-proxy
		// has to make first.
		"--enable-aggregator-routing=true",
		// A pod on a lost node is given up after half a minute, not after five.
		"--default-not-ready-toleration-seconds=30",
		"--default-unreachable-toleration-seconds=30",
	)
}

func controllers(p Programs) []string {
	return p.kube("kube-controller-manager",
		"--kubeconfig="+layout.Kubeconfig,
		"--leader-elect=false",
		"--root-ca-file="+CA(),
		"--service-account-private-key-file="+ServiceAccountKey(),
		// See LeaseSeconds: a node is lost when it has been silent for so long.
		"--node-monitor-grace-period=20s",
		"--node-monitor-period=2s",
	)
}

// kubeProxy leaves the sizes of the kernel's tables alone: they belong to the
// whole computer.
func kubeProxy(p Programs, node string) machine.Program {
	return machine.Program{Name: "kube-proxy", After: apiServerListens, Args: p.kube("kube-proxy",
		"--kubeconfig="+layout.Kubeconfig,
		"--hostname-override="+node,
		"--proxy-mode=iptables",
		"--iptables-min-sync-period=100ms",
		"--cluster-cidr="+layout.PodRange,
		"--conntrack-max-per-core=0",
		"--conntrack-tcp-timeout-established=0",
		"--conntrack-tcp-timeout-close-wait=0",
	)}
}
