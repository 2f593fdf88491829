package redistest

import "syscall"

// endWithParent has the kernel end the server when the test dies without
// cleaning up.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
