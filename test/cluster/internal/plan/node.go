package plan

import (
	"encoding/json"
	"fmt"

	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/machine"
)

// LeaseSeconds is for how long a node's sign of life is good. It gives one four
// times in that time.
const LeaseSeconds = 12

const containerdSocket = "/run/containerd/containerd.sock"

// Node is a machine that runs pods.
func Node(p Programs, n layout.Node) machine.Spec {
	return machine.Spec{
		Name: n.Name,
		Binds: []machine.Bind{
			{From: layout.In(n.Name, "kubelet"), At: "/var/lib/kubelet"}, // its sockets are always there
			{From: layout.In(n.Name, "var-log"), At: "/var/log"},
		},
		Programs: []machine.Program{
			{
				Name: "containerd", Env: []string{"PATH=" + p.Containerd + ":" + p.Runc + ":/usr/sbin:/usr/bin:/sbin:/bin"},
				Args: []string{p.Containerd + "/containerd", "--config", layout.In(n.Name, "containerd.toml")},
			},
			{Name: "kubelet", After: "unix:" + containerdSocket, Args: p.kube("kubelet",
				"--config="+layout.In(n.Name, "kubelet.json"),
				"--kubeconfig="+layout.Kubeconfig,
				"--hostname-override="+n.Name,
				"--node-ip="+n.Address,
				"--cert-dir=/var/lib/kubelet/pki",
			)},
			kubeProxy(p, n.Name),
		},
	}
}

// NodeFiles are the files of a node, by their paths.
func NodeFiles(p Programs, n layout.Node, pauseImage string) (map[string]string, error) {
	kubelet, err := json.MarshalIndent(kubeletConfig(n), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the kubelet's configuration: %w", err)
	}
	return map[string]string{
		layout.In(n.Name, "kubelet.json"):                              string(kubelet),
		layout.In(n.Name, "containerd.toml"):                           containerdConfig(p, n, pauseImage),
		layout.In(n.Name, "registries", layout.Registry, "hosts.toml"): registryHost,
		layout.In(n.Name, "cni", "10-knelt.conflist"):                  cniConfig(n),
		layout.In(n.Name, "resolv.conf"):                               "nameserver " + layout.DNSAddress + "\n",
	}, nil
}

// kubeletConfig: pods are kept whatever the disk of a computer full of builds
// says, on hierarchies of cgroups that newer kubelets refuse by default.
func kubeletConfig(n layout.Node) map[string]any {
	return map[string]any{
		"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1",
		// Whoever is in the cluster's network may do as he likes.
		"authentication": map[string]any{"anonymous": map[string]any{"enabled": true}, "webhook": map[string]any{"enabled": false}},
		"authorization":  map[string]any{"mode": "AlwaysAllow"},

		"cgroupDriver": "cgroupfs", "failCgroupV1": false, "failSwapOn": false,
		"cgroupRoot": "/" + layout.Cgroup + "/" + n.Name, "enforceNodeAllocatable": []string{"pods"},

		"containerRuntimeEndpoint": "unix://" + containerdSocket,
		"clusterDNS":               []string{layout.DNSAddress}, "clusterDomain": "cluster.local",
		"resolvConf": layout.In(n.Name, "resolv.conf"),
		"podLogsDir": "/var/log/pods", "volumePluginDir": "/var/lib/kubelet/volumeplugins",

		"serializeImagePulls": false, "maxParallelImagePulls": 4,
		"registryPullQPS": 0, "eventRecordQPS": 0,
		"imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99,
		"evictionHard": map[string]any{"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%", "nodefs.inodesFree": "1%"},

		"nodeLeaseDurationSeconds": LeaseSeconds, "nodeStatusUpdateFrequency": "4s", "nodeStatusReportFrequency": "1m",
		"shutdownGracePeriod": "0s",
	}
}

func containerdConfig(p Programs, n layout.Node, pauseImage string) string {
	return fmt.Sprintf(`version = 3
root = %q
state = "/run/containerd"

[grpc]
address = %q

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = %q
[plugins."io.containerd.cri.v1.images".registry]
config_path = %q

[plugins."io.containerd.cri.v1.runtime"]
# Without CAP_SYS_RESOURCE no container may be made less likely to be killed.
restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = %q
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = %q
SystemdCgroup = false
`, layout.In(n.Name, "containerd"), containerdSocket, pauseImage,
		layout.In(n.Name, "registries"), layout.In(n.Name, "cni"), p.Runc+"/runc")
}

const registryHost = `server = "http://` + layout.Registry + `"

[host."http://` + layout.Registry + `"]
capabilities = ["pull", "resolve"]
`

// cniConfig gives each pod a link of its own to the node, which passes on its
// packets by their addresses: so all of them meet kube-proxy's rules.
func cniConfig(n layout.Node) string {
	return fmt.Sprintf(`{
  "cniVersion": "1.0.0", "name": "knelt",
  "plugins": [
    {"type": "ptp", "mtu": 1500, "ipam": {"type": "host-local", "dataDir": %q, "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}},
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`, layout.In(n.Name, "cni-addresses"), n.Pods)
}

// Kubeconfig is the administrator's. The certificate is the file CA.
func Kubeconfig(token string) string {
	return fmt.Sprintf(`{
  "apiVersion": "v1", "kind": "Config", "current-context": "knelt",
  "clusters": [{"name": "knelt", "cluster": {"server": %q, "certificate-authority": %q}}],
  "contexts": [{"name": "knelt", "context": {"cluster": "knelt", "user": "admin"}}],
  "users": [{"name": "admin", "user": {"token": %q}}]
}
`, layout.APIServer, CA(), token)
}
