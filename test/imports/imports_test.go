package imports

import (
	"strings"
	"testing"
)

func TestTheModuleKeepsItsImportRules(t *testing.T) {
	g := load(t)
	for _, r := range Rules {
		for _, bad := range r.Broken(g) {
			t.Errorf("%s\n\tthe rule on %s: %s", bad, r.Subject, r.Why)
		}
	}
}

func TestImportsPointDown(t *testing.T) {
	for _, bad := range UpwardImports(load(t), Layers) {
		t.Errorf("%s\n\tthe rule: imports point down, so that a part can be understood, tested and linked without those above it", bad)
	}
}

func load(t *testing.T) Graph {
	t.Helper()
	g, err := Load(t.Context(), "../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Within("test/imports")) != 1 {
		t.Fatalf("the list of %d packages does not have this one", len(g))
	}
	return g
}

// fixture is what the go command would list for a module that breaks rules.
const fixture = `
{"ImportPath": "knelt.dev/pkg/clean", "Imports": ["fmt"], "Deps": ["fmt", "io"]}
{"ImportPath": "knelt.dev/pkg/low", "Imports": ["knelt.dev/pkg/high"], "Deps": ["fmt", "knelt.dev/pkg/high", "example.com/lib/v2"]}
{"ImportPath": "knelt.dev/pkg/high", "Imports": ["example.com/lib/v2/sub"], "Deps": ["fmt", "example.com/lib/v2/sub", "net/http"]}
{"ImportPath": "knelt.dev/pkg/high/inner", "Imports": ["knelt.dev/pkg/high"], "Deps": []}
`

func TestEachCheckFindsWhatItForbids(t *testing.T) {
	g, err := decode(strings.NewReader(fixture))
	if err != nil {
		t.Fatal(err)
	}
	const lib = "example.com/lib/..."
	tests := map[string]struct {
		rule Rule
		want string // part of the only violation; empty: none
	}{
		"standard only, kept":      {Rule{Subject: "pkg/clean", Check: LinksOnlyStandard{}}, ""},
		"standard only, broken":    {Rule{Subject: "pkg/low", Check: LinksOnlyStandard{}}, "pkg/low links example.com/lib/v2"},
		"links none, kept":         {Rule{Subject: "pkg/low", Check: LinksNone{"net/http"}}, ""},
		"links none, broken":       {Rule{Subject: "pkg/...", Check: LinksNone{"net/http"}}, "pkg/high links net/http"},
		"only in, kept":            {Rule{Subject: "...", Check: OnlyIn{lib, []string{"pkg/h*/..."}}}, ""},
		"only in, broken":          {Rule{Subject: "...", Check: OnlyIn{"fmt", []string{"pkg/low"}}}, "pkg/clean imports fmt"},
		"only in, nobody home":     {Rule{Subject: "...", Check: OnlyIn{"example.org/gone", []string{"pkg/low"}}}, "protects nothing"},
		"imports of ours, kept":    {Rule{Subject: "pkg/low", Check: OfOurs{"pkg/high"}}, ""},
		"imports of ours, broken":  {Rule{Subject: "pkg/low", Check: OfOurs{"pkg/clean"}}, "pkg/low imports knelt.dev/pkg/high"},
		"no such package":          {Rule{Subject: "pkg/gone", Check: LinksNone{"fmt"}}, "protects nothing"},
		"waits, kept":              {Rule{Subject: "bridge/...", Waits: true, Check: LinksNone{"fmt"}}, ""},
		"waits, but code has come": {Rule{Subject: "pkg/clean/...", Waits: true, Check: LinksNone{"x"}}, "need not wait any more"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bad := test.rule.Broken(g)
			if test.want == "" && len(bad) == 0 {
				return
			}
			found := false
			for _, b := range bad {
				found = found || test.want != "" && strings.Contains(b, test.want)
			}
			if !found {
				t.Errorf("violations %q, want %q", bad, test.want)
			}
		})
	}
}

func TestLayersFindUpwardImportsAndStrangers(t *testing.T) {
	g, err := decode(strings.NewReader(fixture))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(UpwardImports(g, [][]string{{"pkg/low/..."}, {"pkg/high/..."}}), "\n")
	want := "knelt.dev/pkg/clean is in no layer: say in Layers where it belongs\n" +
		"knelt.dev/pkg/low (layer 0) imports knelt.dev/pkg/high (layer 1)"
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestAFolderMayStandHigherThanThoseBesideIt: the longest row counts, and is no
// part of the shorter.
func TestAFolderMayStandHigherThanThoseBesideIt(t *testing.T) {
	g, err := decode(strings.NewReader(fixture))
	if err != nil {
		t.Fatal(err)
	}
	for _, layers := range [][][]string{{{"pkg/..."}, {"pkg/high/..."}}, {{"pkg/...", "pkg/high/..."}}} {
		got := UpwardImports(g, layers)
		if len(got) != 1 || !strings.HasPrefix(got[0], "knelt.dev/pkg/low (layer 0) imports knelt.dev/pkg/high") {
			t.Errorf("%v: got %q", layers, got)
		}
	}
	if got := UpwardImports(g, [][]string{{"pkg/high/..."}, {"pkg/..."}}); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

func TestPatterns(t *testing.T) {
	tests := []struct {
		pattern, path string
		want          bool
	}{
		{"pkg/a", "knelt.dev/pkg/a", true},
		{"pkg/a", "knelt.dev/pkg/a/b", false},
		{"pkg/a/...", "knelt.dev/pkg/a", true},
		{"pkg/a/...", "knelt.dev/pkg/a/b/c", true},
		{"pkg/a/...", "knelt.dev/pkg/ab", false},
		{"connectors/*sqlite/...", "knelt.dev/connectors/source-sqlite/x", true},
		{"connectors/*sqlite", "knelt.dev/connectors/source-faker", false},
		{"...", "knelt.dev/pkg/a", true},
		{"net/http", "net/http", true},
		{"net/http", "net/http/httptest", false},
		{"k8s.io/...", "k8s.io/client-go/rest", true},
		{"knative.dev/...", "knelt.dev/pkg/a", false},
	}
	for _, test := range tests {
		if got := match(test.pattern, test.path); got != test.want {
			t.Errorf("match(%q, %q) = %v", test.pattern, test.path, got)
		}
	}
}
