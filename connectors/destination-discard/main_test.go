package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

var program kittest.Program

func TestMain(m *testing.M) { os.Exit(kittest.Main(m, &program)) }

const catalog = `{"streams":[{"stream":{"name":"a","json_schema":{}},"sync_mode":"full_refresh","destination_sync_mode":"append"}]}`

func record(stream string) string {
	return fmt.Sprintf(`{"type":"RECORD","record":{"stream":%q,"data":{"x":"\"type\":\"STATE\""},"emitted_at":1}}`, stream)
}

func state(id int, stream string) string {
	return fmt.Sprintf(`{"vendor":{"b":1,"a":9007199254740993}, "state":{"stream":{"stream_descriptor":{"name":%q},"stream_state":{"n":%d.0}},"type":"STREAM","id":%d},"type":"STATE"}`, stream, id, id)
}

// writeAll writes the lines to the destination.
func writeAll(t *testing.T, config string, lines ...string) kittest.Result {
	t.Helper()
	stdin := strings.NewReader(strings.Join(lines, "\n") + "\n")
	return program.Run(t, kittest.Call{Command: "write", Config: config, Catalog: catalog, Stdin: stdin})
}

// statesOf gives the lines that are states, as they were written.
func statesOf(r kittest.Result) []string {
	var states []string
	for _, line := range r.Lines() {
		var e airbyte.Envelope
		if airbyte.Classify(line, &e) == airbyte.ProtocolLine && e.Type == airbyte.State {
			states = append(states, string(line))
		}
	}
	return states
}

func TestStatesComeBackAsTheConfigSays(t *testing.T) {
	s := []string{state(1, "a"), state(2, "b"), state(3, "a"), state(4, "a")}
	lines := []string{record("a"), s[0], s[1], record("a"), s[2], s[3]}
	for config, want := range map[string][]string{
		`{}`:                                     s,
		`{"return_states":"last"}`:               s[3:],
		`{"return_states":"none"}`:               nil,
		`{"return_states":"at_end"}`:             s,
		`{"fault":"drop_state","fault_at":2}`:    {s[0], s[2], s[3]},
		`{"fault":"unknown_state","fault_at":2}`: {s[0], s[1], unknownState, s[2], s[3]},
		`{"fault":"swap_states"}`:                {s[1], s[0], s[3], s[2]},
	} {
		r := writeAll(t, config, lines...)
		if got := statesOf(r); r.Code != 0 || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: exit code %d, states\n%s", config, r.Code, strings.Join(got, "\n"))
		}
	}
}

func TestStatesAreReturnedBeforeTheInputEnds(t *testing.T) {
	stdin, input := io.Pipe()
	cmd := program.Start(t, kittest.Call{Command: "write", Config: `{}`, Catalog: catalog, Stdin: stdin})
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := state(1, "a") + "\n"
	if _, err := io.WriteString(input, record("a")+"\n"+line); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(line))
	if _, err := io.ReadFull(stdout, got); err != nil || string(got) != line {
		t.Errorf("%v: %s", err, got)
	}
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, stdout); err != nil {
		t.Fatal(err)
	}
	if code := kittest.ExitCode(t, cmd.Wait()); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestDamagedEchoes(t *testing.T) {
	global := `{"type":"STATE","state":{"type":"GLOBAL","global":{"shared_state":{"n":9007199254740993},"stream_states":[]},"id":1},"vendor":1}`
	for echo, want := range map[string]string{
		"exact":      global,
		"reordered":  `{"vendor":1,"type":"STATE","state":{"type":"GLOBAL","id":1,"global":{"stream_states":[],"shared_state":{"n":9007199254740993}}}}`,
		"without_id": `{"vendor":1,"type":"STATE","state":{"type":"GLOBAL","global":{"stream_states":[],"shared_state":{"n":9007199254740993}}}}`,
		"global_":    `{"vendor":1,"type":"STATE","state":{"type":"GLOBAL","id":1,"global_":{"stream_states":[],"shared_state":{"n":9007199254740993}}}}`,
		"float":      `{"state":{"global":{"shared_state":{"n":9007199254740992},"stream_states":[]},"id":1,"type":"GLOBAL"},"type":"STATE","vendor":1}`,
		"rebuilt":    `{"type":"STATE","state":{"type":"GLOBAL","global":{"shared_state":{"n":9007199254740993},"stream_states":[]},"data":{},"id":1}}`,
	} {
		r := writeAll(t, `{"echo":"`+echo+`"}`, global)
		if got := statesOf(r); r.Code != 0 || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %d\n got %s\nwant %s", echo, r.Code, r.Stdout, want)
		}
	}
}

func TestStatsCountWhatCameForEachState(t *testing.T) {
	lines := []string{
		record("a"), record("b"), record("a"), state(1, "a"), record("a"), state(2, "b"), state(3, "a"), record("a"),
		`{"type":"STATE","state":{"type":"GLOBAL","global":{"stream_states":[]}}}`,
	}
	for config, want := range map[string]string{
		`{"stats":true}`: "2 1 1 1",
		`{"stats":true,"fault":"swallow","fault_at":3}`: "1 1 1 1",
	} {
		var counts []string
		for _, m := range writeAll(t, config, lines...).Of(airbyte.State) {
			counts = append(counts, fmt.Sprint(float64(*m.State.DestinationStats.RecordCount)))
		}
		if got := strings.Join(counts, " "); got != want {
			t.Errorf("%s: %s, want %s", config, got, want)
		}
	}
}

func TestOnlyMessagesAreCountedAndStatesAreFoundInAnyForm(t *testing.T) {
	odd := `{"st\u0061te":{"data":{"type":"RECORD"}} , "\u0074ype" : "STATE"}`
	r := writeAll(t, `{}`, "plain text", `{"type":"RECORD"`, "", record("a"), `{"record":{"stream":"a","data":{}},"type":"RECORD"}`,
		`{"record":{"stream":"a","data":{}}, "type" : "RECORD" }`, odd, `{"x,\"type":"RECORD"}`, `{"type":"NEW","new":{}}`)
	if got := statesOf(r); len(got) != 1 || got[0] != odd {
		t.Errorf("states %s", got)
	}
	if log := r.Of(airbyte.Log); len(log) != 1 || !strings.HasPrefix(log[0].Log.Message, "discarded 3 records") {
		t.Errorf("%s", r.Stdout)
	}
}

func TestALineOfManyMegabytesIsOneRecord(t *testing.T) {
	long := strings.Replace(record("a"), `"x":"`, `"x":"`+strings.Repeat("y", 40<<20), 1)
	r := writeAll(t, `{}`, record("a"), long, state(1, "a"))
	if len(statesOf(r)) != 1 || !bytes.Contains(r.Stdout, []byte("discarded 2 records")) {
		t.Errorf("%d %s", r.Code, r.Stdout)
	}
}

func TestEndsThatAreFaults(t *testing.T) {
	lines := []string{record("a"), record("a"), state(1, "a"), record("a")}
	for config, want := range map[string]struct{ code, states int }{
		`{"exit_code":3}`:                             {3, 1},
		`{"fault":"exit","fault_at":2}`:               {0, 0},
		`{"fault":"exit","fault_at":3,"exit_code":9}`: {9, 1},
		`{"fault":"kill","fault_at":3}`:               {137, 1},
		`{"fault":"trace_error","fault_at":2}`:        {1, 0},
		`{"fault":"print_records"}`:                   {0, 1},
	} {
		r := writeAll(t, config, lines...)
		if r.Code != want.code || len(statesOf(r)) != want.states {
			t.Errorf("%s: exit code %d, %d states", config, r.Code, len(statesOf(r)))
		}
	}
	if r := writeAll(t, `{"fault":"print_records"}`, lines...); len(r.Of(airbyte.Record)) != 3 {
		t.Errorf("%d records printed", len(r.Of(airbyte.Record)))
	}
}

func TestFloodsOfLogLines(t *testing.T) {
	r := writeAll(t, `{"fault":"logs_at_end"}`, state(1, "a"))
	if lines := r.Lines(); r.Code != 0 || len(lines) != 100_002 || !bytes.Contains(lines[0], []byte(`"STATE"`)) {
		t.Errorf("exit code %d, %d lines", r.Code, len(lines))
	}
	slow := writeAll(t, `{"fault":"log_storm","rate":10}`, slices.Repeat([]string{record("a")}, 5)...)
	if n := len(slow.Lines()); slow.Code != 0 || n < 5_000 {
		t.Errorf("exit code %d, %d log lines in half a second", slow.Code, n)
	}
}

func TestBadConfigsAreRefused(t *testing.T) {
	for _, config := range []string{`{"return_states":"SECRET"}`, `{"echo":"SECRET"}`, `{"fault":"SECRET"}`, `{"rate":-1}`, `{"exit_code":256}`} {
		r := program.Run(t, kittest.Call{Command: "check", Config: config})
		status := r.Messages()[0].ConnectionStatus
		if r.Code != 0 || status == nil || status.Status != airbyte.CheckFailed || strings.Contains(status.Message, "SECRET") {
			t.Errorf("%s: %d %s", config, r.Code, r.Stdout)
		}
	}
	for _, command := range []string{"check", "spec"} {
		if r := program.Run(t, kittest.Call{Command: command, Config: `{}`}); r.Code != 0 || len(r.Messages()) != 1 {
			t.Errorf("%s: %d %s", command, r.Code, r.Stdout)
		}
	}
}

func TestSIGTERMEndsAWriteThatWaits(t *testing.T) {
	for _, config := range []string{`{}`, `{"fault":"stop_reading"}`, `{"rate":0.1}`, `{"fault":"log_storm"}`} {
		stdin, input, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := program.Start(t, kittest.Call{Command: "write", Config: config, Catalog: catalog, Stdin: stdin})
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The half line at the end leaves it in the middle of a read.
		if _, err := io.WriteString(input, state(1, "a")+"\n"+record("a")+"\n"+record("a")); err != nil {
			t.Fatal(err)
		}
		waitForState(t, stdout)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(stdout)
		if err != nil || len(rest) > 0 && rest[len(rest)-1] != '\n' {
			t.Errorf("%s: %v, ends with %.100q", config, err, rest)
		}
		if code := kittest.ExitCode(t, cmd.Wait()); code != 143 {
			t.Errorf("%s: exit code %d, want 143", config, code)
		}
		input.Close() //nolint:errcheck // the pipe of a program that has ended
	}
}

// waitForState reads the output byte by byte up to the end of a state.
func waitForState(t *testing.T, stdout io.Reader) {
	t.Helper()
	var line []byte
	for b := make([]byte, 1); ; {
		if _, err := io.ReadFull(stdout, b); err != nil {
			t.Fatal(err)
		}
		if line = append(line, b[0]); b[0] != '\n' {
			continue
		}
		if bytes.Contains(line, []byte(`"STATE"`)) {
			return
		}
		line = line[:0]
	}
}
