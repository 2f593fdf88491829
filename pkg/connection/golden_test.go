package connection

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"knelt.dev/pkg/airbyte"
)

var update = flag.Bool("update", false, "write what the tests got into testdata")

// golden runs every story of testdata/folder: its files are unpacked into an
// empty working directory, and what tell gives must be its file "want".
func golden(t *testing.T, folder string, tell func(t *testing.T, files map[string]string) string) {
	t.Helper()
	stories, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(stories) == 0 {
		t.Fatalf("no story in testdata/%s (%v)", folder, err)
	}
	for _, story := range stories {
		path, err := filepath.Abs(story)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(story), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			files, want := map[string]string{}, ""
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				files[f.Name] = string(f.Data)
				writeFile(t, f.Name, string(f.Data))
			}
			got := tell(t, files)
			if *update {
				updateWant(t, path, archive, got)
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("differs from the story (-want +got):\n%s", diff)
			}
		})
	}
}

func updateWant(t *testing.T, path string, archive *txtar.Archive, got string) {
	t.Helper()
	for i, f := range archive.Files {
		if f.Name == "want" {
			archive.Files = append(archive.Files[:i], archive.Files[i+1:]...)
			break
		}
	}
	archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// noLeak fails if a text holds what the stories use as values of configs.
func noLeak(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{"hunter2", "4711", "tops3cret"} {
		if strings.Contains(text, secret) {
			t.Errorf("the text holds %q, a value of a config:\n%s", secret, text)
		}
	}
}

func TestLoadTellsEveryMistakeWithItsPlace(t *testing.T) {
	golden(t, "load", func(t *testing.T, files map[string]string) string {
		set, err := load(strings.NewReader(files["stdin"]), loadPaths(files))
		if err != nil {
			noLeak(t, err.Error())
			return err.Error() + "\n"
		}
		return tellSet(t, set)
	})
}

// loadPaths gives the file args of a story, one path a line, else the folder
// "conf", else the file f.yaml.
func loadPaths(files map[string]string) []string {
	if args, ok := files["args"]; ok {
		return strings.Fields(args)
	}
	for name := range files {
		if strings.HasPrefix(name, "conf/") {
			return []string{"conf"}
		}
	}
	return []string{"f.yaml"}
}

func tellSet(t *testing.T, set *Set) string {
	t.Helper()
	text, err := json.MarshalIndent(set, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func TestConfigErrorsPointAtTheFieldAndHideItsValue(t *testing.T) {
	golden(t, "config", func(t *testing.T, files map[string]string) string {
		spec := &airbyte.ConnectorSpecification{ConnectionSpecification: json.RawMessage(files["spec.json"])}
		warnings, err := ValidateConfig(spec, json.RawMessage(files["config.json"]))
		text := tell(warnings, err)
		noLeak(t, text)
		return text
	})
}

func TestSelectDecidesOrTellsWhyNot(t *testing.T) {
	golden(t, "select", func(t *testing.T, files map[string]string) string {
		set, err := Load("f.yaml")
		if err != nil {
			t.Fatal(err)
		}
		conn, err := set.Connection("")
		if err != nil {
			t.Fatal(err)
		}
		var catalog airbyte.StreamCatalog
		if err := json.Unmarshal([]byte(files["catalog.json"]), &catalog); err != nil {
			t.Fatal(err)
		}
		var spec *airbyte.ConnectorSpecification
		if text, ok := files["spec.json"]; ok {
			spec = &airbyte.ConnectorSpecification{}
			if err := json.Unmarshal([]byte(text), spec); err != nil {
				t.Fatal(err)
			}
		}
		selected, warnings, err := Select(conn, set.Destinations[conn.Spec.Destination], catalog, spec)
		return tellSelected(selected) + tell(warnings, err)
	})
}

func tellSelected(all []Selected) string {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "%s: %s %s cursor %s key %s", s.Stream.Descriptor(), s.SyncMode, s.DestinationSyncMode, pathText(s.CursorField), pathsText(s.PrimaryKey))
		if s.SelectedFields != nil {
			fmt.Fprintf(&b, " schema %s", s.Stream.JSONSchema)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func tell(warnings []Problem, err error) string {
	var b strings.Builder
	for _, w := range warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	if err != nil {
		fmt.Fprintf(&b, "%s\n", err)
	}
	if b.Len() == 0 {
		return "fine\n"
	}
	return b.String()
}
