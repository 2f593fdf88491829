package process_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startEngine starts an engine and waits until its connectors are ready.
func startEngine(t *testing.T, root, mode string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), engineVariable+"="+root, modeOfEngine+"="+mode)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; n < 3 && lines.Scan(); {
		if lines.Text() == "ready" {
			n++
		}
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
	return cmd
}

// kill9 kills the engine as the kernel or an operator might.
func kill9(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	// Not cmd.Wait: children may hold the engine's outputs open.
	if _, err := cmd.Process.Wait(); err != nil {
		t.Error(err)
	}
}

// marked lists the processes that carry the mark of a run under root.
func marked(t *testing.T, root string) []int {
	t.Helper()
	var pids []int
	runs, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		env, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ"))
		if err != nil {
			continue
		}
		for _, run := range runs {
			if strings.Contains(string(env), "KNELT_RUN="+run.Name()+"\x00") {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// lives tells whether pid runs, zombies aside.
func lives(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}

func TestAKilledEngineLeavesNoConnector(t *testing.T) {
	root := t.TempDir()
	cmd := startEngine(t, root, "stubborn")
	pids := marked(t, root)
	if len(pids) != 3 {
		t.Errorf("the engine runs %v, want three connectors", pids)
	}
	// Long enough that a thread the runtime might end would have ended.
	time.Sleep(200 * time.Millisecond)
	for _, pid := range pids {
		if !lives(pid) {
			t.Errorf("connector %d ended before its engine", pid)
		}
	}
	kill9(t, cmd)
	for _, pid := range pids {
		mustEnd(t, pid)
	}
}

func TestSweepClearsUpAfterAKilledEngine(t *testing.T) {
	root := t.TempDir()
	cmd := startEngine(t, root, "workers:2")
	pids := marked(t, root)
	if len(pids) != 9 {
		t.Errorf("the engine runs %v, want three connectors with two workers each", pids)
	}
	secrets, err := filepath.Glob(filepath.Join(root, "*", "config.json"))
	if err != nil || len(secrets) != 3 {
		t.Errorf("configs %v, %v", secrets, err)
	}
	if n, err := newAt(root).Sweep(); n != 0 || err != nil {
		t.Errorf("swept %d runs of a live engine, %v", n, err)
	}
	for _, pid := range pids {
		if !lives(pid) {
			t.Errorf("the sweep ended process %d of a live engine", pid)
		}
	}
	kill9(t, cmd)
	if n, err := newAt(root).Sweep(); n != 3 || err != nil {
		t.Errorf("swept %d runs, %v; want 3", n, err)
	}
	mustBeEmpty(t, root)
	for _, pid := range pids {
		mustEnd(t, pid)
	}
}

func TestSweepSparesRunsOfThisEngine(t *testing.T) {
	h := harness(t)
	rt, root := newRuntime(t)
	run := h.Start(t, rt, "echo", write)
	if n, err := newAt(root).Sweep(); n != 0 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if _, err := run.Stdin().Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if stdout, _, exit := run.Finish(); string(stdout) != "x" || exit.Code != 0 {
		t.Errorf("got %q, %+v", stdout, exit)
	}
	mustBeEmpty(t, root)
}

func TestSweepOfNothingIsNoTrouble(t *testing.T) {
	if n, err := newAt(filepath.Join(t.TempDir(), "absent")).Sweep(); n != 0 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
}

// TestSweepKnowsWhatIsDead makes directories as engines leave them at any point.
func TestSweepKnowsWhatIsDead(t *testing.T) {
	root := t.TempDir()
	old := time.Now().Add(-time.Hour)
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Process.Signal(syscall.SIGKILL); _, _ = stranger.Process.Wait() }()
	for name, files := range map[string]map[string]string{
		"run-bare-old":   {},
		"run-bare-new":   {},
		"run-no-owner":   {"lock": "", "config.json": "secret"},
		"run-bad-owner":  {"lock": "", "owner.json": "{", "config.json": "secret"},
		"run-old-boot":   {"lock": "", "owner.json": `{"pid":1,"start":"1","boot":"x","child":{"pid":` + strconv.Itoa(stranger.Process.Pid) + `,"start":"1","boot":"x"}}`},
		"run-pid-reused": {"lock": "", "owner.json": `{"pid":` + strconv.Itoa(os.Getpid()) + `,"start":"1","boot":"` + boot(t) + `","child":{"pid":` + strconv.Itoa(stranger.Process.Pid) + `,"start":"1","boot":"` + boot(t) + `"}}`},
		"other":          {"lock": ""},
	} {
		dir := filepath.Join(root, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for file, text := range files {
			script(t, dir, file, text, 0o600)
		}
		if name != "run-bare-new" {
			if err := os.Chtimes(dir, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n, err := newAt(root).Sweep(); n != 5 || err != nil {
		t.Errorf("swept %d, %v; want 5", n, err)
	}
	for _, kept := range []string{"run-bare-new", "other"} {
		if _, err := os.Stat(filepath.Join(root, kept)); err != nil {
			t.Error(err)
		}
	}
	if !lives(stranger.Process.Pid) {
		t.Error("a process that only has a connector's old number was ended")
	}
}

func boot(t *testing.T) string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// TestEnginesMayStartAndSweepAtOnce: no sweep takes a directory that is being made.
func TestEnginesMayStartAndSweepAtOnce(t *testing.T) {
	h := harness(t)
	rt, root := newRuntime(t)
	done := make(chan struct{})
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		for {
			select {
			case <-done:
				return
			case <-time.After(200 * time.Microsecond):
			}
			if _, err := newAt(root).Sweep(); err != nil {
				t.Errorf("sweeping: %v", err)
			}
		}
	}()
	for range 20 {
		if _, stderr, exit := h.Start(t, rt, "report", write).Finish(); exit.Code != 0 {
			t.Errorf("got %+v: %s", exit, stderr)
		}
	}
	close(done)
	<-swept
	mustBeEmpty(t, root)
}

// mustEnd waits until the process pid is gone (or a zombie that nobody reaps).
func mustEnd(t *testing.T, pid int) {
	t.Helper()
	for range 500 {
		if !lives(pid) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %d lives on", pid)
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func TestAChildThatKeepsAnOutputOpenIsEndedAndTold(t *testing.T) {
	for _, how := range []string{"", "setsid"} {
		h := harness(t)
		stdout, _, exit := h.Start(t, h.New(t), "leave:"+how, write).Finish()
		if exit.Code != 7 || !exit.LeftOver || exit.Terminated {
			t.Errorf("%q: got %+v", how, exit)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(stdout)))
		if err != nil {
			t.Fatal(err)
		}
		mustEnd(t, pid)
	}
}
