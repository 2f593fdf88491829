package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// fieldValues draw what is written to a field of a kind, and how it comes back.
var fieldValues = map[string]func(*rapid.T) (written, read string){
	"int": func(t *rapid.T) (string, string) { return same(strconv.FormatInt(rapid.Int64().Draw(t, "int"), 10)) },
	"num": func(t *rapid.T) (string, string) {
		return same(strconv.FormatFloat(rapid.Float64().Draw(t, "num"), 'g', -1, 64))
	},
	"bool": func(t *rapid.T) (string, string) { return same(strconv.FormatBool(rapid.Bool().Draw(t, "bool"))) },
	"text": func(t *rapid.T) (string, string) { return same(quoted(rapid.String().Draw(t, "text"))) },
	"doc":  drawDocument,
}

func same(s string) (written, read string) { return s, s }

func drawDocument(t *rapid.T) (written, read string) {
	written = `{` + quoted(rapid.String().Draw(t, "key")) + `: [1.0, ` + quoted(rapid.String().Draw(t, "item")) + `, null]}`
	return written, quoted(written)
}

// drawAny is for a field without a type. It keeps more than a typed one, except
// that a boolean is 1 or 0.
func drawAny(t *rapid.T) (written, read string) {
	if kind := rapid.SampledFrom([]string{"int", "num", "bool", "text", "doc", "big"}).Draw(t, "kind"); kind == "big" {
		return "123456789012345678901234567890", `"123456789012345678901234567890"`
	} else if written, read = fieldValues[kind](t); kind == "bool" {
		return written, map[string]string{"true": "1", "false": "0"}[written]
	}
	return written, read
}

const roundtripSchema = `"row":{"type":"integer"},"int":{"type":"integer"},"num":{"type":"number"},"bool":{"type":"boolean"},"text":{"type":"string"},
	"doc":{"type":["null","object"]},"any":{}`

func TestRowsOfTheDestinationComeBackAsTheyWere(t *testing.T) {
	fewChecks(t, "15")
	destination := buildDestination(t)
	fields := maps.Clone(fieldValues)
	fields["any"] = drawAny
	rapid.Check(t, func(rt *rapid.T) {
		f := &file{t: t, path: filepath.Join(t.TempDir(), "data.db")}
		var input strings.Builder
		var want []map[string]string
		for i := range rapid.IntRange(1, 100).Draw(rt, "rows") {
			row, line := map[string]string{"row": strconv.Itoa(i)}, fmt.Sprintf(`{"row":%d`, i)
			for _, field := range slices.Sorted(maps.Keys(fields)) {
				row[field] = "null"
				if rapid.IntRange(0, 5).Draw(rt, "null") > 0 {
					var written string
					written, row[field] = fields[field](rt)
					line += `,"` + field + `":` + written
				}
			}
			want = append(want, row)
			input.WriteString(`{"type":"RECORD","record":{"stream":"a","data":` + line + `},"emitted_at":1}}` + "\n")
		}
		writeAll(t, destination, f, input.String())
		got := rows(f.read(0, catalogOf("a"), ""))
		if len(got) != len(want) {
			rt.Fatalf("%d rows, want %d", len(got), len(want))
		}
		for i, row := range want {
			compareRow(rt, got[i], row)
		}
	})
}

func compareRow(t *rapid.T, got string, want map[string]string) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(got), &values); err != nil {
		t.Fatal(err)
	}
	for field, expected := range want {
		var a, b any
		if err := json.Unmarshal(values[field], &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(expected), &b); err != nil {
			t.Fatal(err)
		}
		if _, isNumber := b.(float64); a != b || (field == "int" && isNumber && string(values[field]) != expected) {
			t.Fatalf("%s: got %s, want %s", field, values[field], expected)
		}
	}
}

func buildDestination(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "destination")
	if output, err := exec.Command("go", "build", "-o", path, "../destination-sqlite").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return path
}

func writeAll(t *testing.T, destination string, f *file, input string) {
	t.Helper()
	dir := t.TempDir()
	config, catalog := filepath.Join(dir, "config.json"), filepath.Join(dir, "catalog.json")
	for path, text := range map[string]string{
		config:  f.config(),
		catalog: `{"streams":[{"stream":{"name":"a","json_schema":{"properties":{` + roundtripSchema + `}}},"destination_sync_mode":"append"}]}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(destination, "write", "--config", config, "--catalog", catalog)
	cmd.Stdin = strings.NewReader(input)
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}
