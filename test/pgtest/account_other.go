//go:build !linux

package pgtest

import "syscall"

// account is that of the test; elsewhere than on Linux it must not be root's, and
// a test that is killed leaves its servers.
type account struct{}

func findAccount() (account, error) { return account{}, nil }

func (account) own(string) error { return nil }

func (account) attributes() *syscall.SysProcAttr { return nil }
