//go:build !linux

package redistest

import "syscall"

// endWithParent needs Linux; elsewhere a test that is killed leaves its servers.
func endWithParent() *syscall.SysProcAttr { return nil }
