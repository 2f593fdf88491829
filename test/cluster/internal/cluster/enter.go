package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"knelt.dev/test/cluster/internal/layout"
	"knelt.dev/test/cluster/internal/machine"
	"knelt.dev/test/cluster/internal/netns"
)

// resolvConf makes names of Services and routes known outside of pods.
const resolvConf = "nameserver " + layout.DNSAddress + "\nsearch svc.cluster.local cluster.local\noptions ndots:5 timeout:2\n"

// Enter replaces this process by a command in the control machine's network:
// all addresses of the cluster can be reached, its names are known, and nothing
// else. It finds the cluster by KUBECONFIG, and kubectl on the PATH.
func Enter(args []string) error {
	if machine.Pid(layout.Control) == 0 {
		return fmt.Errorf("the cluster is not up")
	}
	env := append(os.Environ(), "KUBECONFIG="+layout.Kubeconfig, "PATH="+layout.Bin()+":"+os.Getenv("PATH"))
	program, err := exec.LookPath(args[0])
	if err != nil && !strings.Contains(args[0], "/") {
		program, err = exec.LookPath(layout.Bin() + "/" + args[0])
	}
	if err != nil {
		return fmt.Errorf("looking for the command: %w", err)
	}
	file := layout.In(layout.Control, "resolv.conf")
	if err := write(file, resolvConf); err != nil {
		return err
	}
	runtime.LockOSThread() // its namespaces become those of the command
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("parting from the mounts outside: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("parting from the mounts outside: %w", err)
	}
	if err := unix.Mount(file, "/etc/resolv.conf", "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mounting /etc/resolv.conf: %w", err)
	}
	return netns.Exec(layout.NamespacePath(layout.Control), program, args, env)
}
