package kittest

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Peak is the most memory a process has had, in KB. What the system tells of a
// process that has ended would count the test's own.
func Peak(t *testing.T, pid int) (kb int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(after, &kb); err != nil {
		t.Fatal(err)
	}
	return kb
}
