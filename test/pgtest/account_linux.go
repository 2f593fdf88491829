package pgtest

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// account is the user that the server runs as; the zero one is that of the test.
// PostgreSQL refuses to run as root.
type account struct{ uid, gid int }

// findAccount gives the test's own user, or for root that of the Debian package,
// or nobody.
func findAccount() (account, error) {
	if os.Getuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return account{}, err
		}
		gid, err := strconv.Atoi(u.Gid)
		return account{uid: uid, gid: gid}, err
	}
	return account{}, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// own gives a file to the account.
func (a account) own(path string) error {
	if a.uid == 0 {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// attributes of the server's process: the kernel ends it when the test dies
// without cleaning up.
func (a account) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if a.uid != 0 {
		attributes.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attributes
}
