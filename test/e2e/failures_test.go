package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"knelt.dev/pkg/engine"
)

type object = map[string]any

// trouble is a sync in which something goes wrong, and how it has to end: its
// exit code, the status of the sync, and what is said about it.
type trouble struct {
	name string
	// source is the config of source-faker, or a script that reads.
	source, script string
	// program is the whole text of a source's program, in which BIN is the folder
	// of ours; command is the name of another one.
	program, command string
	// destination is the config of destination-discard, or a script that writes.
	destination, writes string
	// more is put into the Connection.
	more object

	code   int
	status string // "": it never became a sync
	says   []string
	// also looks at what else must be true.
	also func(t *testing.T, dir string, r ran)
}

// ran is a sync that has ended.
type ran struct {
	code     int
	output   string // of both, in the order it came
	ended    engine.Event
	warnings []string
}

func (c trouble) run(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	c.write(t, dir)
	r := syncIn(t, dir)
	if r.code != c.code || string(r.ended.Status) != c.status {
		t.Errorf("exit code %d and status %q, want %d and %q", r.code, r.ended.Status, c.code, c.status)
	}
	for _, text := range c.says {
		if !regexp.MustCompile(text).MatchString(r.output) {
			t.Errorf("it does not say %q", text)
		}
	}
	if c.also != nil {
		c.also(t, dir, r)
	}
	nothingLeft(t, dir)
	nothingTold(t, dir, r)
	if strings.Contains(r.output, "goroutine ") {
		t.Error("it crashed")
	}
	if t.Failed() {
		t.Logf("it said:\n%.6000s", progress.ReplaceAllString(r.output, ""))
	}
}

var progress = regexp.MustCompile(`(?m)^\{"event":"progress".*\n`)

// syncIn runs a sync of the documents in dir.
func syncIn(t *testing.T, dir string, more ...string) ran {
	t.Helper()
	p := Start(t, dir, filepath.Join(bin, "knelt"), append([]string{"sync", "-f", "knelt.yaml", "--json"}, more...)...)
	return ranOf(t, p)
}

// ranOf waits for a sync that prints events.
func ranOf(t *testing.T, p *Program) ran {
	t.Helper()
	r := ran{code: p.Exit(), output: p.Output()}
	for line := range strings.Lines(r.output) {
		var e engine.Event
		if !strings.HasPrefix(line, `{"event":`) || json.Unmarshal([]byte(line), &e) != nil {
			continue
		}
		switch e.Kind {
		case engine.Ended:
			r.ended = e
		case engine.Warning:
			r.warnings = append(r.warnings, e.Message)
		}
	}
	return r
}

// write writes the documents and the scripts.
func (c trouble) write(t *testing.T, dir string) {
	t.Helper()
	source := side("Source", "shop", "source-faker", c.source)
	switch {
	case c.program != "":
		source = side("Source", "shop", program(t, dir, "source.sh", strings.ReplaceAll(c.program, "BIN", bin)), c.source)
	case c.command != "":
		source = side("Source", "shop", c.command, c.source)
	case c.script != "":
		source = side("Source", "shop", program(t, dir, "source.sh", sourceScript(c.script)), c.source)
	}
	destination := side("Destination", "lake", "destination-discard", c.destination)
	if c.writes != "" {
		destination = side("Destination", "lake", program(t, dir, "destination.sh", destinationScript(c.writes)), c.destination)
	}
	spec := object{"source": "shop", "destination": "lake"}
	for name, value := range c.more {
		spec[name] = value
	}
	documents(t, filepath.Join(dir, "knelt.yaml"), source, destination, document("Connection", "shop-to-lake", spec))
}

func document(kind, name string, spec object) object {
	return object{"apiVersion": "knelt.dev/v1alpha1", "kind": kind, "metadata": object{"name": name}, "spec": spec}
}

// side is a Source or a Destination: of one of our programs, or of another.
func side(kind, name, program, config string) object {
	if config == "" {
		config = "{}"
	}
	spec := object{"connector": object{"command": []string{onDisk(program)}}, "config": json.RawMessage(config)}
	if kind == "Destination" {
		spec["supportsRefreshes"] = true
	}
	return document(kind, name, spec)
}

func onDisk(program string) string {
	if filepath.IsAbs(program) || strings.HasPrefix(program, ".") {
		return program
	}
	return filepath.Join(bin, program)
}

// documents writes a file of documents; JSON is YAML.
func documents(t *testing.T, file string, all ...object) {
	t.Helper()
	var text strings.Builder
	for _, d := range all {
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "---\n%s\n", b)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// program writes a program and gives its path.
func program(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// nothingLeft makes sure that no process whose files are below dir still runs, and
// that no private file of a run is left.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	if left := runningIn(t, dir); len(left) > 0 {
		t.Errorf("these outlived the sync: %q", left)
	}
	runs, err := filepath.Glob(filepath.Join(dir, ".knelt", "run", "run-*"))
	if err != nil || len(runs) > 0 {
		t.Errorf("private files are left: %v (%v)", runs, err)
	}
}

// recordText is in every record of a script.
const recordText = "never to be logged"

// nothingTold makes sure that what records hold is neither printed nor logged.
func nothingTold(t *testing.T, dir string, r ran) {
	t.Helper()
	if strings.Contains(r.output, recordText) {
		t.Error("it printed what a record holds")
	}
	logs, err := filepath.Glob(filepath.Join(dir, ".knelt", "logs", "*", "*", "*.jsonl"))
	if err != nil || len(logs) == 0 {
		t.Errorf("there is no log (%v)", err)
	}
	for _, name := range logs {
		text, err := os.ReadFile(name)
		if err != nil || strings.Contains(string(text), recordText) {
			t.Errorf("%s holds what a record holds (%v)", name, err)
		}
	}
}

// runningIn lists the programs that were started in dir, or for its files.
func runningIn(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range names {
		line, err := os.ReadFile(name)
		env, envErr := os.ReadFile(filepath.Join(filepath.Dir(name), "environ"))
		if err != nil || envErr != nil {
			continue // it has just ended, or is another user's
		}
		if strings.Contains(string(line), dir+"/") || strings.Contains(string(env), "HOME="+dir+"\x00") {
			all = append(all, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return all
}
