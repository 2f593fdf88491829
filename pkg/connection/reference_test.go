package connection

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// values is a Resolver of what it holds, by the reference as written.
type values map[string]string

func (v values) Lookup(ref Reference) (string, error) {
	if value, ok := v[ref.String()]; ok {
		return value, nil
	}
	return "", errors.New(ref.String() + " is not there")
}

func TestResolveReplacesReferencesAndKeepsEveryOtherByte(t *testing.T) {
	known := values{
		"${env:A}":           "a\"\\\n<&>é",
		"${secret:shop/key}": "tops3cret",
		"${file:./p}":        "${env:A}",
		"${env:EMPTY}":       "",
		"${env:N}":           "5",
	}
	for _, c := range []struct{ name, config, want string }{
		{"one reference", `{"a": "${secret:shop/key}"}`, `{"a": "tops3cret"}`},
		{"within text", `{"a":"x${secret:shop/key}y${env:N}"}`, `{"a":"xtops3crety5"}`},
		{"escaped value", `["${env:A}"]`, `["a\"\\\n<&>é"]`},
		{"never resolved again", `["${file:./p}"]`, `["${env:A}"]`},
		{"always a string", `["${env:N}"]`, `["5"]`},
		{"escape", `["$${env:A}", "a$${b}", "$$${env:N}"]`, `["${env:A}", "a${b}", "$${env:N}"]`},
		{"templates of connectors", `["${NAMESPACE}/${x y}", "$", "${", "$5", "{{ a }}"]`, `["${NAMESPACE}/${x y}", "$", "${", "$5", "{{ a }}"]`},
		{"dollar as an escape of JSON", `["\u0024{env:N}"]`, `["5"]`},
		{
			"other bytes", ` { "n" : 1.0e5 , "big":123456789012345678901234567890, "n":"\u00e9" , "e":"${env:EMPTY}"} `,
			` { "n" : 1.0e5 , "big":123456789012345678901234567890, "n":"\u00e9" , "e":""} `,
		},
		{"keys are names", `{"${env:A}": 1}`, `{"${env:A}": 1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := Resolve(json.RawMessage(c.config), known)
			if err != nil || string(got) != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestResolveReturnsWhatCameByReferenceAsSecrets(t *testing.T) {
	known := values{"${env:A}": "one", "${env:B}": "two", "${env:E}": ""}
	_, secrets, err := Resolve(json.RawMessage(`{"x": "a${env:A}b${env:B}", "y": ["${env:A}", "${env:E}"]}`), known)
	if err != nil || !slices.Equal(secrets, []string{"one", "two"}) {
		t.Errorf("got %q, %v", secrets, err)
	}
}

func TestResolveTellsEveryFieldThatCannotBeResolvedAndNoValue(t *testing.T) {
	known := values{"${env:A}": "tops3cret", "${env:B}": "\xfftops3cret"}
	_, secrets, err := Resolve(json.RawMessage(`{"ok": "${env:A}", "t": {"keys": ["hunter2${env:NOPE}", "${env:B}"]}, "bad": "hunter2${vault:x}"}`), known)
	want := `bad: unknown kind of reference ${vault:...}; known: env, file, secret; write $${ for a ${ that is meant as it stands
t.keys[0]: ${env:NOPE} is not there
t.keys[1]: what ${env:B} gives is not UTF-8 text; give it encoded, such as in base64`
	if err == nil || err.Error() != want || secrets != nil {
		t.Errorf("got %q and\n%v\nwant\n%s", secrets, err, want)
	}
	if _, _, err := Resolve(json.RawMessage(`{"a": hunter2`), known); err == nil || err.Error() != "the config is not valid JSON" {
		t.Errorf("broken JSON: %v", err)
	}
}

func TestLocalResolverReadsVariablesFilesAndSecrets(t *testing.T) {
	dir, home := t.TempDir(), t.TempDir()
	writeFile(t, filepath.Join(dir, "key.pem"), "line 1\nline 2\n\n")
	writeFile(t, filepath.Join(dir, "crlf"), "x\r\n")
	writeFile(t, filepath.Join(home, "secrets", "shop", "api_key"), "tops3cret\n")
	writeFile(t, filepath.Join(dir, "big"), strings.Repeat("x", maxReferenced+1))
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := LocalResolver{Dir: dir, Secrets: SecretsDir(home), LookupEnv: func(name string) (string, bool) {
		return "value of " + name, name == "SET"
	}}
	for ref, want := range map[Reference]string{
		{SchemeEnv, "SET"}:                       "value of SET",
		{SchemeFile, "key.pem"}:                  "line 1\nline 2\n",
		{SchemeFile, "./crlf"}:                   "x",
		{SchemeFile, filepath.Join(dir, "crlf")}: "x",
		{SchemeSecret, "shop/api_key"}:           "tops3cret",
	} {
		if got, err := r.Lookup(ref); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", ref, got, err, want)
		}
	}
	for ref, want := range map[Reference]string{
		{SchemeEnv, "UNSET"}:                     "the environment variable UNSET is not set; export it before you start knelt",
		{SchemeFile, "nope"}:                     "${file:nope} does not exist; create " + filepath.Join(dir, "nope") + " or correct the path (it is relative to the folder of the document)",
		{SchemeFile, "../" + filepath.Base(dir)}: "${file:../" + filepath.Base(dir) + "} is not a regular file; create " + dir + " or correct the path (it is relative to the folder of the document)",
		{SchemeFile, "fifo"}:                     "${file:fifo} is not a regular file; create " + filepath.Join(dir, "fifo") + " or correct the path (it is relative to the folder of the document)",
		{SchemeFile, "big"}:                      "${file:big} is larger than 1024 KiB; does it name the right file?",
		{SchemeSecret, "shop/nope"}:              "${secret:shop/nope} does not exist; put the value into " + filepath.Join(home, "secrets/shop/nope") + " (chmod 600)",
	} {
		if _, err := r.Lookup(ref); err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", ref, err, want)
		}
	}
}

func TestDocumentsResolveBesideTheirFile(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "conf", "key"), "tops3cret\n")
	writeFile(t, filepath.Join(dir, "conf", "f.yaml"), `apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec:
  connector: {command: [./bin/x, "${env:NOT_HERE}"], env: {KEY: "k=${file:key}"}}
  config:
    path: ./shop.db
    key: ${file:key}
    more: [a, "${file:nope}"]
`)
	t.Chdir(dir)
	set, err := Load("conf")
	if err != nil {
		t.Fatal(err)
	}
	shop := set.Sources["shop"]
	r, err := shop.Origin.Resolver(".knelt")
	if err != nil {
		t.Fatal(err)
	}
	program, secrets, err := shop.ResolveConnector(r)
	if err != nil || !slices.Equal(secrets, []string{"tops3cret"}) {
		t.Fatalf("secrets %q, %v", secrets, err)
	}
	if program.Dir != filepath.Join(dir, "conf") || program.Env["KEY"] != "k=tops3cret" || !slices.Equal(program.Command, []string{"./bin/x", "${env:NOT_HERE}"}) {
		t.Errorf("got %+v", program)
	}
	want := "conf/f.yaml:9: spec.config.more[1]: ${file:nope} does not exist; create " + filepath.Join(dir, "conf/nope") + " or correct the path (it is relative to the folder of the document)"
	if _, _, err := shop.ResolveConfig(r); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	writeFile(t, "conf/nope", "x")
	config, secrets, err := shop.ResolveConfig(r)
	if diff := cmp.Diff(`{"path":"./shop.db","key":"tops3cret","more":["a","x"]}`, string(config)); diff != "" || err != nil || !slices.Equal(secrets, []string{"tops3cret", "x"}) {
		t.Errorf("%s %q %v", diff, secrets, err)
	}
}

func TestResolveEnvRefusesWhatNoEnvironmentCanHold(t *testing.T) {
	env, secrets, err := ResolveEnv(map[string]string{"A": "x${env:A}", "B": "$${"}, values{"${env:A}": "v"})
	if diff := cmp.Diff(map[string]string{"A": "xv", "B": "${"}, env); diff != "" || err != nil || !slices.Equal(secrets, []string{"v"}) {
		t.Errorf("%s %q %v", diff, secrets, err)
	}
	_, _, err = ResolveEnv(map[string]string{"A": "${env:A}", "B": "${env:B}"}, values{"${env:A}": "a\x00b"})
	if err == nil || err.Error() != "A: its value holds a NUL character; an environment variable cannot hold one\nB: ${env:B} is not there" {
		t.Errorf("got %v", err)
	}
}

// A string without references comes back as it is, whatever is in it, once its
// ${ are escaped.
func TestEscapedTextComesBackAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("${}:envfile aé\"\\\n"))).Draw(t, "text")
		pieces, err := parseReferences(strings.ReplaceAll(text, "${", "$${"))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, p := range pieces {
			got += p.literal
		}
		if got != text {
			t.Fatalf("got %q of %q", got, text)
		}
	})
}

func FuzzParseReferences(f *testing.F) {
	for _, seed := range []string{"${env:A}", "$${env:A}", "a${file:./p}b", "${secret:a/b}", "${env:${env:A}}", "${", "$$$${", "${env:", "${X}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pieces, err := parseReferences(text)
		if err != nil {
			if err.message == "" {
				t.Fatal("an error without a message")
			}
			return
		}
		again := ""
		for _, p := range pieces {
			if p.reference == nil {
				again += strings.ReplaceAll(p.literal, "${", "$${")
				continue
			}
			if wrong := p.reference.check(); wrong != nil {
				t.Fatalf("%s was let through", p.reference)
			}
			again += p.reference.String()
		}
		second, err := parseReferences(again)
		if err != nil {
			t.Fatalf("%q does not parse again: %v", again, err)
		}
		if diff := cmp.Diff(texts(pieces), texts(second)); diff != "" {
			t.Fatalf("%q and %q differ: %s", text, again, diff)
		}
	})
}

func texts(pieces []piece) []string {
	var all []string
	for _, p := range pieces {
		if p.reference != nil {
			all = append(all, p.reference.String())
		} else {
			all = append(all, "literal "+p.literal)
		}
	}
	return all
}

func TestFileThatCannotBeReadIsAnError(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	_, err := LocalResolver{Dir: dir}.Lookup(Reference{SchemeFile, "loop"})
	if err == nil || !strings.Contains(err.Error(), "${file:loop} cannot be read: ") {
		t.Errorf("got %v", err)
	}
}
