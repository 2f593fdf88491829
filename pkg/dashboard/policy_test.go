package dashboard_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

var inline = regexp.MustCompile(`(?s)<script(?: type="([a-z]+)")?>(.*?)</script>`)

func TestThePolicyLetsThePageRunItsOwnFilesAndNothingElse(t *testing.T) {
	page := get(t, "/")
	policy := page.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "connect-src 'self'", "style-src 'self'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy+";", part+";") {
			t.Errorf("the policy has no %s: %s", part, policy)
		}
	}
	for _, weak := range []string{"unsafe", "*", "http:", "https:", "data:", "blob:"} {
		if strings.Contains(policy, weak) {
			t.Errorf("the policy has %s: %s", weak, policy)
		}
	}
	scripts := inline.FindAllStringSubmatch(string(page.Body), -1)
	if len(scripts) != 1 || scripts[0][1] != "importmap" {
		t.Fatalf("inline scripts: %q", scripts)
	}
	hash := sha256.Sum256([]byte(scripts[0][2]))
	if want := "script-src 'self' 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"; !strings.Contains(policy, want) {
		t.Errorf("the policy has no %s: %s", want, policy)
	}
}

func TestEveryAnswerHasTheHeadersOfDefence(t *testing.T) {
	for _, path := range append(assets(t), "/") {
		h := get(t, path).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		if !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s may be framed", path)
		}
	}
}

var (
	imported = regexp.MustCompile(`(?m)^(?:import|export) [^;]*?from "([^"]+)";|^import "([^"]+)";`)
	foreign  = regexp.MustCompile(`(?i)(?:https?:)?//[a-z0-9-]+\.[a-z]`)
)

// sources are our own files below assets, by their path there.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	files := os.DirFS("assets")
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(name, "lib/") {
			return err
		}
		text, err := fs.ReadFile(files, name)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestEveryModuleIsThereAndIsUsed: without a bundler nobody else looks.
func TestEveryModuleIsThereAndIsUsed(t *testing.T) {
	all, bare := sources(t), importMap(t)
	used := map[string]bool{"app/main.js": true}
	for name, text := range all {
		if path.Ext(name) != ".js" {
			continue
		}
		for _, m := range imported.FindAllStringSubmatch(text, -1) {
			target := m[1] + m[2]
			if !strings.HasPrefix(target, ".") {
				if bare[target] == "" {
					t.Errorf("%s imports %s, which is not in the import map", name, target)
				}
				continue
			}
			target = path.Join(path.Dir(name), target)
			used[target] = true
			if all[target] == "" {
				t.Errorf("%s imports %s, which is not there", name, target)
			}
		}
	}
	for name := range all {
		if strings.HasPrefix(name, "app/") && !used[name] {
			t.Errorf("%s is imported by nobody", name)
		}
	}
}

func importMap(t *testing.T) map[string]string {
	t.Helper()
	var m struct{ Imports map[string]string }
	if err := json.Unmarshal([]byte(inline.FindStringSubmatch(string(get(t, "/").Body))[2]), &m); err != nil {
		t.Fatal(err)
	}
	for name, target := range m.Imports {
		if len(get(t, strings.TrimPrefix(target, ".")).Body) == 0 {
			t.Errorf("%s is not there: %s", name, target)
		}
	}
	return m.Imports
}

func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	for name, text := range sources(t) {
		for _, address := range foreign.FindAllString(text, -1) {
			if name == "icon.svg" { // names the namespace of SVG
				continue
			}
			t.Errorf("%s names %s", name, address)
		}
	}
}

// TestNothingTurnsTextIntoMarkup: what the API tells was written by connectors.
func TestNothingTurnsTextIntoMarkup(t *testing.T) {
	for name, text := range sources(t) {
		for _, way := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "dangerouslySetInnerHTML", "eval(", "new Function", "localStorage.setItem(\"knelt.token"} {
			if strings.Contains(text, way) {
				t.Errorf("%s uses %s", name, way)
			}
		}
	}
}
