package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

func TestEveryWayToFailWritesTheRowsBeforeAndEndsAsItSays(t *testing.T) {
	for mode, code := range map[string]int{"exit1": 1, "exit0": 0, "kill": 137, "trace_error": 1, "config_error": 1, "half_line": 1} {
		r := program.Run(t, kittest.Call{
			Command: "read", Catalog: catalogOf("users:incremental", "products:incremental"),
			Config: fmt.Sprintf(`{"count":20,"fail_at":31,"fail_mode":%q}`, mode),
		})
		if r.Code != code || len(dataOf(r)) != 30 {
			t.Errorf("%s: exit code %d after %d rows, want %d after 30", mode, r.Code, len(dataOf(r)), code)
		}
		if whole := bytes.HasSuffix(r.Stdout, []byte("\n")); whole != (mode != "half_line") {
			t.Errorf("%s: ends with a whole line: %v", mode, whole)
		}
		var said []string
		for _, m := range r.Of(airbyte.Trace) {
			if m.Trace.Error != nil {
				said = append(said, string(m.Trace.Error.FailureType)+" "+m.Trace.Error.StreamDescriptor.Name)
			} else if m.Trace.StreamStatus.Status == airbyte.Incomplete {
				said = append(said, "INCOMPLETE")
			}
		}
		want := map[string]string{"trace_error": "INCOMPLETE transient_error products", "config_error": "INCOMPLETE config_error products"}[mode]
		if got := strings.Join(said, " "); got != want {
			t.Errorf("%s: it said %q, want %q", mode, got, want)
		}
	}
}

func TestNoiseLeavesTheMessagesAsTheyAre(t *testing.T) {
	kinds := slices.Sorted(maps.Keys(noises))
	config := `{"count":20,"noise_every":7,"noise":["` + strings.Join(kinds, `","`) + `"]}`
	noisy := readWell(t, config, catalogOf("users:incremental"), "")
	calm := readWell(t, `{"count":20}`, catalogOf("users:incremental"), "")
	if !slices.Equal(dataOf(noisy), dataOf(calm)) {
		t.Error("the rows differ")
	}
	verdicts := map[airbyte.Verdict]int{}
	for _, line := range noisy.Lines() {
		var e airbyte.Envelope
		verdicts[airbyte.Classify(line, &e)]++
	}
	if verdicts[airbyte.BrokenLine] != 4 || verdicts[airbyte.LogLine] < 8 {
		t.Errorf("verdicts of the lines: %v", verdicts)
	}
}

// startRead starts a read that does not end by itself, and waits for a line.
func startRead(t *testing.T, config string) (stdout *bufio.Reader, signal func(syscall.Signal), wait func() int) {
	t.Helper()
	cmd := program.Start(t, kittest.Call{Command: "read", Config: config, Catalog: catalogOf("users:incremental")})
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stdout = bufio.NewReader(pipe)
	if _, err := stdout.ReadBytes('\n'); err != nil {
		t.Fatal(err)
	}
	signal = func(s syscall.Signal) {
		if err := cmd.Process.Signal(s); err != nil {
			t.Error(err)
		}
	}
	return stdout, signal, func() int { return kittest.ExitCode(t, cmd.Wait()) }
}

func TestSIGTERMEndsAReadAfterAWholeLineWith143(t *testing.T) {
	for name, config := range map[string]string{
		"busy":    `{"count":1000000000000}`,
		"slow":    `{"count":100,"rate":1}`,
		"hanging": `{"count":100,"fail_at":1,"fail_mode":"hang"}`,
	} {
		stdout, signal, wait := startRead(t, config)
		signal(syscall.SIGTERM)
		rest, err := io.ReadAll(stdout)
		if err != nil {
			t.Fatal(err)
		}
		if len(rest) > 0 && rest[len(rest)-1] != '\n' {
			t.Errorf("%s: the output ends within a line", name)
		}
		if code := wait(); code != 143 {
			t.Errorf("%s: exit code %d, want 143", name, code)
		}
	}
}

func TestIgnoreSIGTERMNeedsSIGKILL(t *testing.T) {
	stdout, signal, wait := startRead(t, `{"count":1000000000000,"ignore_sigterm":true}`)
	signal(syscall.SIGTERM)
	if _, err := io.CopyN(io.Discard, stdout, 10<<20); err != nil {
		t.Fatalf("it ended: %v", err)
	}
	signal(syscall.SIGKILL)
	if _, err := io.Copy(io.Discard, stdout); err != nil {
		t.Fatal(err)
	}
	if code := wait(); code != 137 {
		t.Errorf("exit code %d, want 137", code)
	}
}

func TestSIGTERMEndsAReadThatNobodyTakes(t *testing.T) {
	t.Parallel()
	_, signal, wait := startRead(t, `{"count":1000000000000}`)
	time.Sleep(500 * time.Millisecond) // its pipe fills, and stays full
	signal(syscall.SIGTERM)
	if code := waitWithoutReading(t, wait); code != 143 {
		t.Errorf("exit code %d, want 143", code)
	}
}

// waitWithoutReading waits in the background: Wait closes the pipe only after
// the program has ended.
func waitWithoutReading(t *testing.T, wait func() int) int {
	t.Helper()
	code := make(chan int, 1)
	go func() { code <- wait() }()
	select {
	case c := <-code:
		return c
	case <-time.After(time.Minute):
		t.Error("it goes on")
		return -1
	}
}
