package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryFailureHasItsOutcome holds docs/outcomes.md to the programs.
func TestEveryFailureHasItsOutcome(t *testing.T) {
	t.Parallel()
	for _, group := range [][]trouble{stuckTroubles, destinationTroubles, sourceTroubles, startTroubles} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.run(t)
			})
		}
	}
}

var destinationTroubles = []trouble{
	{
		name: "the destination exits with 0 and has returned no state", destination: `{"return_states":"none"}`,
		code: 3, status: "incomplete", says: []string{`the destination did not return \d+ of \d+ states`, "not proven that every row arrived"},
	},
	{
		name: "the destination returns a state that was never sent", destination: `{"fault":"unknown_state"}`,
		code: 3, status: "incomplete", says: []string{"the destination returned 1 states that were never sent"},
	},
	{
		name: "the destination returns states in the wrong order", source: `{"records_per_state":100}`, destination: `{"fault":"swap_states"}`,
		code: 0, status: "succeeded",
	},
	{
		name: "the destination loses a record", destination: `{"fault":"swallow","fault_at":50,"stats":true}`,
		code: 3, status: "incomplete", says: []string{`\d+ records were relayed, the destination says \d+ written`},
	},
	{
		name: "the destination is killed", destination: `{"fault":"kill","fault_at":500}`,
		code: 1, status: "failed", says: []string{"the destination .*SIGKILL"},
	},
	{
		name: "the destination exits with 0 in the middle", source: `{"count":20000}`, destination: `{"fault":"exit","fault_at":500}`,
		code: 3, status: "incomplete", says: []string{`the destination (ended before it had read everything|stopped reading).*exited with code 0`},
	},
	{
		name: "the destination exits with 1 at the end", destination: `{"exit_code":1}`,
		code: 1, status: "failed", says: []string{"the destination exited with code 1"},
	},
	{
		name: "the destination tells an error", destination: `{"fault":"trace_error","fault_at":500}`,
		code: 1, status: "failed", says: []string{"the lake ran dry"},
	},
	{
		name: "the destination prints the records", destination: `{"fault":"print_records"}`,
		code: 0, status: "succeeded",
	},
	{
		name: "the destination logs 100,000 lines a second", source: `{"count":300,"rate":500}`, destination: `{"fault":"log_storm"}`,
		code: 0, status: "succeeded", also: func(t *testing.T, dir string, _ ran) {
			t.Helper()
			boundedLog(t, dir)
		},
	},
	{
		name: "the destination logs 100,000 lines at its end", destination: `{"fault":"logs_at_end"}`,
		code: 0, status: "succeeded",
	},
}

var sourceTroubles = []trouble{
	{
		name: "the source exits with 0 in the middle", source: `{"fail_at":500,"fail_mode":"exit0"}`,
		code: 3, status: "incomplete", says: []string{"stream users: .*never said it is COMPLETE"},
	},
	{
		name: "the source exits with 1 after its last state", script: "record 1; state 1; exit 1",
		code: 1, status: "failed", says: []string{"the source exited with code 1"},
	},
	{
		name: "the source is killed", source: `{"fail_at":500,"fail_mode":"kill"}`,
		code: 1, status: "failed", says: []string{"the source .*SIGKILL"},
	},
	{
		name: "the source writes half a line and dies", source: `{"fail_at":500,"fail_mode":"half_line"}`,
		code: 1, status: "failed", says: []string{"the source exited with code 1"},
	},
	{
		name: "the source writes half a line and exits with 0", script: `record 1; state 1; printf '{"type":"RECORD","record":{"stream":"s","data":{"text":"never to be logged'`,
		code: 3, status: "incomplete", says: []string{"broken"},
	},
	{
		name: "garbage between messages", source: `{"noise":["text","stack_trace","unknown_type","long_log","blank"],"noise_every":7}`,
		code: 0, status: "succeeded",
	},
	{
		name: "broken records", source: `{"noise":["broken_record"],"noise_every":100}`,
		code: 3, status: "incomplete", says: []string{"broken messages could not be forwarded"},
	},
	{
		name: "invalid UTF-8", source: `{"noise":["invalid_utf8"],"noise_every":100}`,
		code: 3, status: "incomplete", says: []string{"broken messages could not be forwarded"},
	},
	{
		name: "a stream that fails alone", script: "record 1; state 1; status INCOMPLETE",
		code: 3, status: "incomplete", says: []string{"INCOMPLETE"},
	},
	{
		name: "the source says in the middle that its connection failed", script: `record 1
echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"token expired"}}'; state 1`,
		code: 1, status: "failed", says: []string{"connection failed: token expired"},
	},
	{
		name: "the source has a config error", source: `{"fail_at":500,"fail_mode":"config_error"}`,
		code: 1, status: "failed", says: []string{"the shop refused the key", "config is to be mended"},
	},
	{
		name: "the source prints two million lines that are no messages", script: "record 1; yes 'at com.example.Main.main(Main.java:1) of a stack trace that never ends' | head -n 2000000; state 1",
		code: 0, status: "succeeded", also: func(t *testing.T, dir string, _ ran) {
			t.Helper()
			boundedLog(t, dir)
		},
	},
	{
		name: "a child of the source keeps its output open", script: "record 1; state 1; sleep 600 & exit 0",
		code: 0, status: "succeeded",
	},
	{
		name: "a record longer than maxLine", script: `record 1; state 1; printf '{"type":"RECORD","record":{"stream":"s","emitted_at":1,"data":{"t":"'
head -c 3000000 /dev/zero | tr '\0' x; printf '"}}}\n'; record 2; state 2`,
		more: object{"maxLine": 1 << 20},
		code: 1, status: "failed", says: []string{`\bs\b.*(1,048,576|1 MiB|1048576|1\.0 MiB)`},
	},
	{
		name: "unknown messages do not reach the destination",
		script: `status STARTED; record 1; echo '{"type":"SOMETHING_NEW","something":{}}'; echo '{"type":"LOG","log":{"level":"INFO","message":"hello"}}'
echo 'at com.example.Main(Main.java:1)'; echo; state 1; status COMPLETE`,
		writes: `tee seen.jsonl | grep --line-buffered '"STATE"'`,
		code:   0, status: "succeeded", also: func(t *testing.T, dir string, _ ran) {
			t.Helper()
			text, err := os.ReadFile(filepath.Join(dir, "seen.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			for _, stranger := range []string{"SOMETHING_NEW", `"LOG"`, "com.example", "STARTED"} {
				if strings.Contains(string(text), stranger) {
					t.Errorf("the destination got %s", stranger)
				}
			}
			for _, wanted := range []string{`"RECORD"`, `"STATE"`, "COMPLETE"} {
				if !strings.Contains(string(text), wanted) {
					t.Errorf("the destination did not get %s", wanted)
				}
			}
			if n := strings.Count(string(text), "\n"); n != 3 {
				t.Errorf("the destination got %d lines, not 3:\n%s", n, text)
			}
		},
	},
}

var stuckTroubles = []trouble{
	{
		name: "the destination never reads", source: `{"count":100000}`, writes: "exec sleep 600",
		more: object{"timeouts": object{"destinationIdle": "2s", "grace": "1s"}},
		code: 1, status: "failed", says: []string{`the destination neither read nor wrote anything for \S+ \(timeouts.destinationIdle\)`},
	},
	{
		name: "the destination stops reading and ignores SIGTERM", source: `{"count":100000}`,
		destination: `{"fault":"stop_reading","fault_at":100,"ignore_sigterm":true}`,
		more:        object{"timeouts": object{"destinationIdle": "2s", "grace": "1s"}},
		code:        1, status: "failed", says: []string{"timeouts.destinationIdle"},
	},
	{
		name: "the destination never ends", destination: `{"fault":"hang_at_end"}`,
		more: object{"timeouts": object{"destinationIdle": "2s", "grace": "1s"}},
		code: 1, status: "failed", says: []string{"timeouts.destinationIdle"},
	},
	{
		name: "the source is stuck", source: `{"fail_at":500,"fail_mode":"hang"}`,
		more: object{"timeouts": object{"sourceIdle": "2s", "grace": "1s"}},
		code: 1, status: "failed", says: []string{`the source gave no sign of life for \S+ \(timeouts.sourceIdle\)`},
	},
	{
		name: "the source closes its output and hangs", script: "record 1; state 1; exec >&-; exec sleep 600",
		more: object{"timeouts": object{"sourceExit": "2s", "grace": "1s"}},
		code: 1, status: "failed", says: []string{"the source closed its output and did not end within 2s"},
	},
}

var startTroubles = []trouble{
	{
		name: "a source without a spec", program: "#!/bin/sh\n[ \"$1\" = spec ] && exit 0\nexec BIN/source-faker \"$@\"\n", source: `{"count":10}`,
		code: 0, status: "succeeded", says: []string{"source/shop has no spec, so its config is not checked"},
	},
	{
		name: "a source that answers discover with FAILED", program: `#!/bin/sh
case $1 in
spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}' ;;
*) echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"no such account"}}' ;;
esac
`,
		code: 1, status: "failed", says: []string{"no such account", "No row was moved"},
	},
	{
		name: "a source that prints a traceback instead of streams", program: `#!/bin/sh
case $1 in
spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}' ;;
*) echo 'Traceback (most recent call last):'; echo '  KeyError: account' >&2; exit 1 ;;
esac
`,
		code: 1, status: "failed", says: []string{"KeyError: account"},
	},
	{
		name: "a program that is not there", command: "./no-such-program",
		code: 2, status: "failed", says: []string{"no-such-program"},
	},
	{
		name: "a program that is not executable", command: "./knelt.yaml",
		code: 2, status: "failed", says: []string{`knelt\.yaml`, "execut|chmod"},
	},
	{
		name: "a config that the spec refuses", source: `{"count":"many"}`,
		code: 2, status: "failed", says: []string{`knelt\.yaml:\d+.*count`},
	},
}

// boundedLog makes sure that the log of a sync stays below its bound of 256 MiB, and
// one file.
func boundedLog(t *testing.T, dir string) {
	t.Helper()
	size := sizeOf(t, filepath.Join(dir, ".knelt", "logs"))
	t.Logf("the log has %.1f MB", float64(size)/1e6)
	if size > 280_000_000 {
		t.Error("the log is not bounded")
	}
}

// sizeOf sums the files below root.
func sizeOf(t *testing.T, root string) (size int64) {
	t.Helper()
	err := filepath.Walk(root, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return size
}
