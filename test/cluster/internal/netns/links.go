package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	"knelt.dev/test/cluster/internal/layout"
)

const bridge = layout.Prefix + "br0"

// Up makes the namespaces of all machines and what joins them, if they are not
// there. A set that is only half there is taken down first.
func Up() error {
	if !complete() {
		if err := Down(); err != nil {
			return err
		}
		for _, line := range commands(layout.Nodes()) {
			if err := run(line); err != nil {
				return err
			}
		}
	}
	for _, m := range layout.Machines() {
		if err := Do(layout.NamespacePath(m), forward); err != nil {
			return err
		}
	}
	return nil
}

// forward lets the machine pass on packets, as to its pods.
func forward() error {
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o600); err != nil {
		return fmt.Errorf("letting a machine forward packets: %w", err)
	}
	return nil
}

// complete tells whether Up has come to its end: its last command makes a route.
func complete() bool {
	nodes := layout.Nodes()
	last := nodes[len(nodes)-1]
	out, err := exec.Command("ip", "-n", layout.Namespace(last.Name), "route", "show", "default").Output() //nolint:noctx // at once
	return err == nil && len(out) > 0
}

// commands are the ip commands that make the network: a bridge on the control
// machine, and on each node a link to it. There is no way out. The control
// machine's packets to Services need a route before kube-proxy's rules see them.
func commands(nodes []layout.Node) []string {
	control := layout.Namespace(layout.Control)
	lines := []string{
		"ip netns add " + control,
		"ip -n " + control + " link set lo up",
		"ip -n " + control + " link add " + bridge + " type bridge",
		"ip -n " + control + " address add " + layout.ControlAddress + "/24 dev " + bridge,
		"ip -n " + control + " link set " + bridge + " up",
		"ip -n " + control + " route add " + layout.ServiceRange + " dev " + bridge,
		"ip -n " + control + " route add unreachable default",
	}
	for _, n := range nodes {
		lines = append(lines, nodeCommands(control, n)...)
	}
	for _, n := range nodes {
		for _, other := range nodes {
			if other != n {
				lines = append(lines, "ip -n "+layout.Namespace(n.Name)+" route add "+other.Pods+" via "+other.Address)
			}
		}
	}
	for _, n := range nodes { // last, see complete
		lines = append(lines, "ip -n "+layout.Namespace(n.Name)+" route add default via "+layout.ControlAddress)
	}
	return lines
}

func nodeCommands(control string, n layout.Node) []string {
	ns := layout.Namespace(n.Name)
	return []string{
		"ip netns add " + ns,
		"ip -n " + ns + " link set lo up",
		"ip -n " + control + " link add " + link(n.Name) + " type veth peer name eth0 netns " + ns,
		"ip -n " + control + " link set " + link(n.Name) + " master " + bridge + " up",
		"ip -n " + ns + " address add " + n.Address + "/24 dev eth0",
		"ip -n " + ns + " link set eth0 up",
		"ip -n " + control + " route add " + n.Pods + " via " + n.Address,
	}
}

func link(node string) string { return layout.Prefix + node }

// Connect joins a node to the network, or parts it: then nothing answers at
// its address, as when a machine has lost its power.
func Connect(node string, joined bool) error {
	state := "down"
	if joined {
		state = "up"
	}
	return run("ip -n " + layout.Namespace(layout.Control) + " link set " + link(node) + " " + state)
}

// Down removes the namespaces, and with them the links in them.
func Down() error {
	var failed []error
	for _, m := range layout.Machines() {
		if _, err := os.Stat(layout.NamespacePath(m)); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		failed = append(failed, run("ip netns delete "+layout.Namespace(m)))
	}
	return errors.Join(failed...)
}

func run(line string) error {
	words := strings.Fields(line)
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput() //nolint:noctx // at once
	if err != nil {
		return fmt.Errorf("%s: %w: %s", line, err, strings.TrimSpace(string(out)))
	}
	return nil
}
