package replication_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEachRowOfTheOutcomesNamesATestThatExists: docs/outcomes.md promises, its
// last column proves.
func TestEachRowOfTheOutcomesNamesATestThatExists(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/outcomes.md")
	if err != nil {
		t.Fatal(err)
	}
	named, folder := regexp.MustCompile("`(Test\\w+)`"), regexp.MustCompile("` in ([\\w/]+)")
	rows := 0
	for line := range strings.Lines(string(text)) {
		if strings.Count(line, "|") != 6 || strings.HasPrefix(line, "|---") || strings.Contains(line, "| test |") {
			continue
		}
		rows++
		tests := named.FindAllStringSubmatch(line, -1)
		if len(tests) == 0 {
			t.Errorf("no test is named: %s", line)
		}
		folders := []string{"pkg/replication"}
		for _, f := range folder.FindAllStringSubmatch(line, -1) {
			folders = append(folders, f[1])
		}
		for _, test := range tests {
			if !slices.ContainsFunc(folders, func(f string) bool { return hasTest(t, f, test[1]) }) {
				t.Errorf("%s is in no file of %q", test[1], folders)
			}
		}
	}
	if rows < 50 {
		t.Errorf("only %d rows were understood", rows)
	}
}

// hasTest looks for a test in the files of a folder.
func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+name+"(") {
			return true
		}
	}
	return false
}
