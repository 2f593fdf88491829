package store

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ProcessHolder names this process as a lease holder:
//
//	host/pid/start/boot/pidns
//
// Start is when the process started, in the system's own count, boot the id of
// the running boot, pidns the process-id namespace; they are empty where the
// system does not tell them. Together they make sure that a process id that is
// used again, after a reboot or in another container, is not taken for the
// holder.
func ProcessHolder() string {
	pid := os.Getpid()
	_, start := processState(pid)
	return fmt.Sprintf("%s/%d/%s/%s/%s", hostname(), pid, start, bootID(), pidNamespace())
}

// ProcessAlive tells whether the process that holder names may still live. It
// is false only on proof: same host and same process-id namespace, but another
// boot, or no process of that id and start. A holder on another host, or a name
// of another form, counts as alive, so its lease ends by its expiry.
func ProcessAlive(holder string) bool {
	f := strings.Split(holder, "/")
	if len(f) != 5 || f[0] != hostname() {
		return true
	}
	pid, err := strconv.Atoi(f[1])
	if err != nil || pid <= 0 {
		return true
	}
	if f[3] != bootID() {
		return f[3] == "" || bootID() == ""
	}
	if f[4] != pidNamespace() {
		return true
	}
	alive, start := processState(pid)
	return alive && (start == f[2] || start == "" || f[2] == "")
}

// hostname has no slash, by the rules for host names; should one have it, the
// holder would have too many parts and count as alive.
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
