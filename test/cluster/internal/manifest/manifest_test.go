package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStringsAreChangedHoweverDeepTheyAre(t *testing.T) {
	docs, err := Parse([]byte("a: ko://x\n---\n\n---\nspec: {list: [{image: ko://y}, ko://z, 1], ko://key: no}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := Strings(docs, "ko://", func(s string) (string, error) { return strings.ToUpper(s), nil }); err != nil {
		t.Fatal(err)
	}
	got, err := Encode(docs)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"apiVersion":"v1","items":[{"a":"KO://X"},{"spec":{"ko://key":"no","list":[{"image":"KO://Y"},"KO://Z",1]}}],"kind":"List"}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestFoldersAreReadInOrderAndOnlyTheirManifests(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"200-b.yaml": "kind: B", "100-a.yml": "kind: A", "sub/c.json": `{"kind": "C"}`,
		"README.md": "kind: no", "old.yaml~1 (saved)": "kind: [",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	docs, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, d := range docs {
		kinds = append(kinds, d.Kind())
	}
	if diff := cmp.Diff([]string{"A", "B", "C"}, kinds); diff != "" {
		t.Error(diff)
	}
	if _, err := Read(filepath.Join(dir, "missing")); err == nil {
		t.Error("a path that is not there is to be an error")
	}
}
