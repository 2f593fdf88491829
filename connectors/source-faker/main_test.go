package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"knelt.dev/connectors/internal/kittest"
	"knelt.dev/pkg/airbyte"
)

var program kittest.Program

func TestMain(m *testing.M) { os.Exit(kittest.Main(m, &program)) }

// catalogOf configures streams given as "name:mode".
func catalogOf(streams ...string) string {
	var list []string
	for _, stream := range streams {
		name, mode, _ := strings.Cut(stream, ":")
		list = append(list, fmt.Sprintf(`{"stream":{"name":%q,"json_schema":{}},"sync_mode":%q,"destination_sync_mode":"append"}`, name, mode))
	}
	return `{"streams":[` + strings.Join(list, ",") + `]}`
}

// readWell runs a read and wants it to end well.
func readWell(t *testing.T, config, catalog, state string) kittest.Result {
	t.Helper()
	r := program.Run(t, kittest.Call{Command: "read", Config: config, Catalog: catalog, State: state})
	if r.Code != 0 {
		t.Fatalf("exit code %d: %s", r.Code, r.Stderr)
	}
	return r
}

// dataOf gives the rows of a result, without emitted_at.
func dataOf(r kittest.Result) []string {
	var rows []string
	for _, m := range r.Of(airbyte.Record) {
		rows = append(rows, m.Record.Stream+string(m.Record.Data))
	}
	return rows
}

// stateFileOf gives the state file that an engine would make of a result.
func stateFileOf(t *testing.T, r kittest.Result, kind airbyte.StateKind) string {
	t.Helper()
	last := map[airbyte.Descriptor]json.RawMessage{}
	for _, line := range r.Lines() {
		var e airbyte.Envelope
		if airbyte.Classify(line, &e) != airbyte.ProtocolLine || e.Type != airbyte.State {
			continue
		}
		var s airbyte.StateMessage
		if err := airbyte.Unmarshal(e.Body.Of(line), &s); err != nil {
			t.Fatal(err)
		}
		d := airbyte.Descriptor{}
		if s.Stream != nil {
			d = s.Stream.Descriptor
		}
		last[d] = json.RawMessage(e.Body.Of(line))
	}
	var positions []json.RawMessage
	for _, position := range last {
		positions = append(positions, position)
	}
	file, err := airbyte.StateFile(positions, kind)
	if err != nil {
		t.Fatal(err)
	}
	return string(file)
}

func TestSpecCheckAndDiscoverAnswer(t *testing.T) {
	if r := program.Run(t, kittest.Call{Command: "spec"}); r.Code != 0 || len(r.Of(airbyte.Spec)) != 1 {
		t.Errorf("spec: %d %s", r.Code, r.Stdout)
	}
	check := program.Run(t, kittest.Call{Command: "check", Config: `{"count":5,"api_key":"x"}`})
	if status := check.Messages()[0].ConnectionStatus; check.Code != 0 || status == nil || status.Status != airbyte.CheckSucceeded {
		t.Errorf("check: %d %s", check.Code, check.Stdout)
	}
	discover := program.Run(t, kittest.Call{Command: "discover", Config: `{"namespace":"shop","streams":["users","products"]}`})
	streams := discover.Messages()[0].Catalog.Streams
	if len(streams) != 2 || streams[0].Namespace != "shop" || !streams[0].IsResumable || len(streams[0].SupportedSyncModes) != 2 {
		t.Errorf("discover: %s", discover.Stdout)
	}
}

func TestDefaultsAreThoseOfTheSpec(t *testing.T) {
	var document struct {
		ConnectionSpecification struct {
			Properties map[string]struct {
				Default json.RawMessage `json:"default"`
			} `json:"properties"`
		} `json:"connectionSpecification"`
	}
	if err := json.Unmarshal(spec, &document); err != nil {
		t.Fatal(err)
	}
	explicit := map[string]json.RawMessage{}
	for name, property := range document.ConnectionSpecification.Properties {
		if property.Default != nil {
			explicit[name] = property.Default
		}
	}
	config, err := json.Marshal(explicit)
	if err != nil {
		t.Fatal(err)
	}
	implied := dataOf(readWell(t, `{}`, catalogOf("users:full_refresh"), ""))
	stated := dataOf(readWell(t, string(config), catalogOf("users:full_refresh"), ""))
	if len(implied) != 1000 || strings.Join(implied, "\n") != strings.Join(stated, "\n") {
		t.Errorf("%d rows by default, %d with the spec's defaults", len(implied), len(stated))
	}
}

func TestBadConfigsAreRefusedWithoutTheirValues(t *testing.T) {
	for config, want := range map[string]string{
		`{"count":"SECRET"}`:       "count must be an integer, not a string",
		`{"count":-1}`:             "count must be at least 0",
		`{"state_kind":"SECRET"}`:  "state_kind must be of STREAM, GLOBAL, LEGACY",
		`{"noise":["SECRET"]}`:     "noise must be of blank",
		`{"streams":["SECRET"]}`:   "streams must be of users",
		`{"records_per_state":0}`:  "records_per_state must be at least 1",
		`{"api_key":"SECRET"`:      "not valid JSON",
		`["SECRET"]`:               "must be an object",
		`{"fail_mode":["SECRET"]}`: "fail_mode must be a string, not an array",
	} {
		r := program.Run(t, kittest.Call{Command: "check", Config: config})
		status := r.Messages()[0].ConnectionStatus
		if r.Code != 0 || status == nil || status.Status != airbyte.CheckFailed || !strings.Contains(status.Message, want) {
			t.Errorf("check of %s: %d %s", config, r.Code, r.Stdout)
		}
		read := program.Run(t, kittest.Call{Command: "read", Config: config, Catalog: catalogOf("users:full_refresh")})
		trace := read.Messages()[0].Trace
		if read.Code != 1 || trace == nil || trace.Error.FailureType != airbyte.ConfigError {
			t.Errorf("read of %s: %d %s", config, read.Code, read.Stdout)
		}
		if all := string(r.Stdout) + string(read.Stdout) + string(read.Stderr); strings.Contains(all, "SECRET") {
			t.Errorf("%s: the value is told: %s", config, all)
		}
	}
}
