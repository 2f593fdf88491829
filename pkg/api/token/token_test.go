package token

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/api"
)

var now = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

func TestATokenIsKnownByTheLineThatIsKept(t *testing.T) {
	secret, made, err := New("ci", api.Run, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(made.String(), secret[len(prefix):]) {
		t.Fatal("the line holds the token")
	}
	_, other, err := New("other", api.Admin, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := Parse([]byte("# ours\n\n" + other.String() + "\n  " + made.String() + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if found, ok := set.Find(secret, now); !ok || found != made || found.Scope != api.Run {
		t.Errorf("%+v, %v", found, ok)
	}
	for _, wrong := range []string{"", secret + "x", secret[:len(secret)-1], prefix, made.String()} {
		if _, ok := set.Find(wrong, now); ok {
			t.Errorf("%q is a token", wrong)
		}
	}
	if _, ok := set.Find(secret, now.Add(time.Hour)); ok {
		t.Error("an expired token counts")
	}
}

func TestLinesThatAreWrongAreNamedWithoutTheirHash(t *testing.T) {
	for line, says := range map[string]string{
		"ci run": "line 1: must be", "ci root sha256:" + strings.Repeat("ab", 32): `"root" is no scope`,
		"ci run sha256:abcdef": "64 hexadecimal", "c/i run sha256:" + strings.Repeat("ab", 32): "other characters",
		"ci run sha256:" + strings.Repeat("ab", 32) + " soon": "2027-01-01",
	} {
		_, err := Parse([]byte(line))
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "abab") || strings.Contains(err.Error(), "abcdef") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestNewRefusesWhatCouldNotBeRead(t *testing.T) {
	for _, name := range []string{"", "a b", "#a", strings.Repeat("a", 65)} {
		if _, _, err := New(name, api.Read, time.Time{}); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
	if _, _, err := New("a", "root", time.Time{}); err == nil {
		t.Error("root is a scope")
	}
}

func TestATokenThatIsTakenOutOfTheFileCountsNoMore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	secret, made, err := New("ci", api.Run, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(made.String())
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := f.Find(secret, now); !ok || err != nil {
		t.Fatal(ok, err)
	}
	write("# none\n")
	if _, ok, err := f.Find(secret, now.Add(lookEvery)); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	write(made.String() + "\nnonsense")
	if _, ok, err := f.Find(secret, now.Add(2*lookEvery)); ok || err == nil {
		t.Errorf("a file with a mistake: %v, %v", ok, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := f.Find(secret, now.Add(3*lookEvery)); ok || err == nil {
		t.Errorf("no file: %v, %v", ok, err)
	}
}
