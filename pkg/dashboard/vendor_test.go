package dashboard_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLibrariesAreWhatWasBroughtFromNpm holds the files against the sums that
// vendor.sh wrote; make e2e holds them against npm itself.
func TestLibrariesAreWhatWasBroughtFromNpm(t *testing.T) {
	sums, err := os.ReadFile("lib.sums")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(sums)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		want[name] = sum
	}
	files, err := filepath.Glob("assets/lib/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(want) || len(files) == 0 {
		t.Errorf("%d files, %d sums", len(files), len(want))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		if hex.EncodeToString(sum[:]) != want[filepath.Base(file)] {
			t.Errorf("%s is not what vendor.sh brought", file)
		}
	}
}

// TestLibrariesArePinnedAndHaveTheirLicences: the lock file names one version
// of each, with the digest that npm checks.
func TestLibrariesArePinnedAndHaveTheirLicences(t *testing.T) {
	var lock struct {
		Packages map[string]struct {
			Version, Integrity string
			Dev                bool
		}
	}
	text, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	for name, p := range lock.Packages {
		short := strings.TrimPrefix(name, "node_modules/")
		if name == "" {
			continue
		}
		if !strings.HasPrefix(p.Integrity, "sha512-") || p.Version == "" {
			t.Errorf("%s is not pinned: %+v", short, p)
		}
		if p.Dev {
			continue
		}
		if short == "uplot" {
			short = "uPlot"
		}
		licence, err := os.ReadFile("assets/lib/" + short + ".LICENSE")
		if err != nil || len(licence) < 500 {
			t.Errorf("%s has no licence here: %v", short, err)
		}
	}
}
