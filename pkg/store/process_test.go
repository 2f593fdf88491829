package store

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain also plays the other process: it says its name and waits.
func TestMain(m *testing.M) {
	if os.Getenv("STORE_TEST_ROLE") != "" {
		fmt.Println(ProcessHolder())
		select {}
	}
	os.Exit(m.Run())
}

func TestThisProcessIsAlive(t *testing.T) {
	if h := ProcessHolder(); !ProcessAlive(h) || h != ProcessHolder() {
		t.Errorf("holder %q is called dead, or changes", h)
	}
}

func TestAKilledProcessIsDeadEvenAsAZombie(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_ROLE=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var holder string
	if _, err := fmt.Fscanln(out, &holder); err != nil {
		t.Fatal(err)
	}
	if !ProcessAlive(holder) || holder == ProcessHolder() {
		t.Errorf("the living process %q is called dead, or has our name", holder)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" { // elsewhere a zombie still answers signal 0
		for deadline := time.Now().Add(20 * time.Second); ProcessAlive(holder); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("a killed process nobody waited for is called alive")
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("a killed process ended well")
	}
	if ProcessAlive(holder) {
		t.Error("a process that is gone is called alive")
	}
}

func TestOnlyProofMakesAHolderDead(t *testing.T) {
	own := strings.Split(ProcessHolder(), "/")
	holder := func(change func(f []string)) string {
		f := append([]string(nil), own...)
		change(f)
		return strings.Join(f, "/")
	}
	for name, c := range map[string]struct {
		holder string
		alive  bool
	}{
		"another host":        {holder(func(f []string) { f[0], f[1] = "elsewhere", "999999999" }), true},
		"another namespace":   {holder(func(f []string) { f[1], f[4] = "999999999", "1" }), true},
		"another form":        {"worker-7", true},
		"no pid":              {holder(func(f []string) { f[1] = "x" }), true},
		"a negative pid":      {holder(func(f []string) { f[1] = "-1" }), true},
		"nobody of that pid":  {holder(func(f []string) { f[1] = "999999999" }), false},
		"the pid used again":  {holder(func(f []string) { f[2] = "1" }), runtime.GOOS != "linux"},
		"before the reboot":   {holder(func(f []string) { f[3] = "another-boot" }), runtime.GOOS != "linux"},
		"a start not known":   {holder(func(f []string) { f[2] = "" }), true},
		"a boot not known":    {holder(func(f []string) { f[3] = "" }), true},
		"a name with slashes": {holder(func(f []string) { f[0] = "a/b" }), true},
	} {
		if got := ProcessAlive(c.holder); got != c.alive {
			t.Errorf("%s (%s): alive %v, want %v", name, c.holder, got, c.alive)
		}
	}
}
