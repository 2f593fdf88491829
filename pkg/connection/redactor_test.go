package connection

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"knelt.dev/pkg/airbyte"
)

func TestRedactorHidesSecretsInEveryForm(t *testing.T) {
	const secret = "p@ss/wörd<&>+\"\\ 1"
	pem := "-----BEGIN KEY-----\nMIIBVgIBADANBgkqhkiG\nshort\n9w0BAQEFAASCAUAwggE8\n-----END KEY-----\n"
	account := `{"type": "service_account", "private_key": "-----BEGIN KEY-----\nAAAABBBBCCCC\n", "url": "https://accounts.example.com/x", "client_email": "robot@project.example"}`
	r := NewRedactor(secret, pem, account, "  spaced-out\n", "abcdefghi")
	twice := jsonString(jsonString(secret))
	ascii := `"p@ss/w\u00f6rd<&>+\"\\ 1"`
	html, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"as it is":              secret,
		"JSON":                  jsonString(secret),
		"JSON with HTML escape": string(html),
		"JSON, ASCII only":      ascii,
		"JSON in JSON":          twice,
		"query":                 url.QueryEscape(secret),
		"path":                  url.PathEscape(secret),
		"lower-case escapes":    percentEscape.ReplaceAllStringFunc(url.QueryEscape(secret), strings.ToLower),
		"base64":                base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 for URLs":       base64.URLEncoding.EncodeToString([]byte(secret)),
		"line of a PEM":         "INFO MIIBVgIBADANBgkqhkiG",
		"last line of a PEM":    "9w0BAQEFAASCAUAwggE8",
		"whole PEM":             pem,
		"PEM in JSON":           jsonString(pem),
		"line of a key in JSON": "AAAABBBBCCCC",
		"mail in JSON":          "<robot@project.example>",
		"trimmed":               "spaced-out",
	} {
		got := r.String("x " + text + " y")
		if !strings.Contains(got, mask) || strings.Contains(got, text) {
			t.Errorf("%s: %q became %q", name, text, got)
		}
	}
	for user := range 4 {
		basic := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", user) + ":" + secret + "!"))
		got := r.String(basic)
		if !strings.Contains(got, mask) || len(got) > 4+user+len(mask)+6 {
			t.Errorf("HTTP basic auth with a user of %d bytes: %q became %q", user, basic, got)
		}
	}
	for _, text := range []string{"", "x", "short", "service_account", "https://accounts.example.com/x", "abcdefgh"} {
		if got := r.String(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestRedactorHidesOverlappingSecretsWhole(t *testing.T) {
	r := NewRedactor("abcdef", "defghi", "ghijkl")
	if got := r.String("-abcdefghijkl- abcdefghi abcdefdefghi"); got != "-***- *** ***" {
		t.Errorf("got %q", got)
	}
}

func TestMaskThatCompletesASecretIsHiddenToo(t *testing.T) {
	if got := NewRedactor("****", "abcd").String("x *abcd y"); got != "x *** y" {
		t.Errorf("got %q", got)
	}
}

func TestShortSecretsAreHiddenInQuotesOnly(t *testing.T) {
	r := NewRedactor("1", "ab", "é", `"`, "***", "")
	for text, want := range map[string]string{
		`{"n": "1", "m": 1, "x": "ab"}`: `{"n": "***", "m": 1, "x": "***"}`,
		`a 1 ab 'ab' "abc" "1`:          `a 1 ab '***' "abc" "1`,
		`"\"" "é" "***"`:                `"***" "***" "***"`,
	} {
		if got := r.String(text); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}

func TestRedactorWithoutSecretsHidesNothing(t *testing.T) {
	var none *Redactor
	var zero Redactor
	for _, r := range []*Redactor{none, &zero, NewRedactor(), NewRedactor("")} {
		if got := string(r.AppendRedacted([]byte("a"), []byte("bcd"))) + r.String("efgh"); got != "abcdefgh" {
			t.Errorf("got %q", got)
		}
	}
}

// Alphabets as small as this make secrets overlap, hold masks and quotes, and
// come into being where a mask was put.
func TestRedactedTextNeverHoldsASecret(t *testing.T) {
	alphabet := rapid.StringOfN(rapid.SampledFrom([]rune(`ab*"'\%é+ `)), 1, 9, -1)
	rapid.Check(t, func(t *rapid.T) {
		secrets := rapid.SliceOfN(alphabet, 1, 5).Draw(t, "secrets")
		parts := rapid.SliceOf(rapid.OneOf(alphabet, rapid.SampledFrom(secrets))).Draw(t, "parts")
		text := strings.Join(parts, "")
		r := NewRedactor(secrets...)
		got := string(r.AppendRedacted([]byte("before"), []byte(text)))
		if got != "before"+r.String(text) {
			t.Fatalf("String gives %q, AppendRedacted %q", r.String(text), got)
		}
		for _, s := range secrets {
			if len(s) >= shortest && strings.Contains(got[len("before"):], s) {
				t.Fatalf("%q is still in %q, made of %q", s, got, text)
			}
		}
	})
}

func TestRedactorLearnsSecretsWhileInUse(t *testing.T) {
	r := NewRedactor("first-secret")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 50 {
				secret := fmt.Sprintf("token-%d-%d-", i, j)
				r.Add(secret)
				if got := r.String("a first-secret and " + secret); got != "a *** and ***" {
					t.Errorf("got %q", got)
				}
			}
		})
	}
	wg.Wait()
}

func TestRedactingTextWithoutSecretsAllocatesNothing(t *testing.T) {
	r := NewRedactor("tops3cret-tops3cret", "another one of them")
	line := []byte(strings.Repeat("2026-01-02 INFO nothing to see here ", 20))
	dst := make([]byte, 0, 2*len(line))
	if n := testing.AllocsPerRun(100, func() { r.AppendRedacted(dst, line) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRedact(b *testing.B) {
	r := NewRedactor("tops3cret-tops3cret", "another one of them", "sk-0123456789abcdef", strings.Repeat("MIIBVgIBADANBgkqhkiG\n", 40))
	line := []byte(strings.Repeat(`{"type":"LOG","log":{"level":"INFO","message":"read 1000 records of users"}} `, 20))
	var dst []byte
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		dst = r.AppendRedacted(dst[:0], line)
	}
}

const secretSpec = `{"type": "object", "properties": {
 "host": {"type": "string"},
 "password": {"type": "string", "airbyte_secret": true},
 "pin": {"type": "integer", "airbyte_secret": true},
 "flag": {"type": "boolean", "airbyte_secret": true},
 "keys": {"type": "array", "items": {"type": "string", "airbyte_secret": true}},
 "pair": {"items": [{"type": "string"}, {"airbyte_secret": "true"}]},
 "headers": {"additionalProperties": {"airbyte_secret": true}},
 "matched": {"patternProperties": {"^x": {"airbyte_secret": true}}},
 "whole": {"type": "object", "airbyte_secret": true},
 "ref": {"$ref": "#/definitions/a~1b", "airbyte_secret": false},
 "tree": {"$ref": "#/definitions/tree"},
 "auth": {"oneOf": [{"properties": {"type": {"const": "a"}, "token": {"airbyte_secret": true}}},
   {"anyOf": [{"allOf": [{"properties": {"deep.er": {"airbyte_secret": true}}}]}]}]},
 "late": {"if": {"properties": {"a": {}}}, "then": {"properties": {"b": {"airbyte_secret": true}}}}
}, "definitions": {"a/b": {"properties": {"s": {"airbyte_secret": true}}},
 "tree": {"properties": {"v": {"airbyte_secret": true}, "below": {"type": "array", "items": {"$ref": "#/definitions/tree"}}}}}}`

func specOf(schema string) *airbyte.ConnectorSpecification {
	return &airbyte.ConnectorSpecification{ConnectionSpecification: json.RawMessage(schema)}
}

func TestSecretPathsFollowEveryWayThroughTheSpec(t *testing.T) {
	got := strings.Join(SecretPaths(specOf(secretSpec)), "\n")
	want := `auth.token
auth["deep.er"]
flag
headers.*
keys[*]
late.b
matched.*
pair[*]
password
pin
ref.s
tree.v
whole`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	if got := SecretPaths(nil); len(got) != 0 {
		t.Errorf("without a spec: %q", got)
	}
}

func TestRedactConfigShowsNoSecretAndKeepsEveryOtherByte(t *testing.T) {
	config := `{ "host": "h", "password":"tops3cret", "pin": 4711, "flag": true, "keys": ["hunter2", null, "${env:K}", "x${env:K}"],
 "pair": ["shown", "hunter2"], "headers": {"A b": "hunter2"}, "matched": {"x": "hunter2"}, "whole": {"a": {"b": ["hunter2", 4711]}},
 "ref": {"s": "hunter2", "n": 1.0}, "tree": {"below": [{"below": [{"v": "hunter2"}]}]},
 "auth": {"type": "a", "token": "hunter2", "deep.er": "hunter2"}, "late": {"b": "hunter2"} }`
	want := `{ "host": "h", "password":"***", "pin": "***", "flag": "***", "keys": ["***", null, "${env:K}", "***"],
 "pair": ["***", "***"], "headers": {"A b": "***"}, "matched": {"x": "***"}, "whole": {"a": {"b": ["***", "***"]}},
 "ref": {"s": "***", "n": 1.0}, "tree": {"below": [{"below": [{"v": "***"}]}]},
 "auth": {"type": "a", "token": "***", "deep.er": "***"}, "late": {"b": "***"} }`
	if got := string(RedactConfig(specOf(secretSpec), json.RawMessage(config))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	values := strings.Join(SecretValues(specOf(secretSpec), json.RawMessage(config)), " ")
	if want := "tops3cret 4711 hunter2 x${env:K} shown hunter2 hunter2 hunter2 hunter2 4711 hunter2 hunter2 hunter2 hunter2 hunter2"; values != want {
		t.Errorf("values %s", values)
	}
	if got := string(RedactConfig(nil, json.RawMessage(`{"a": tops3cret`))); got != `"***"` {
		t.Errorf("broken JSON: %s", got)
	}
	if got := string(RedactConfig(nil, json.RawMessage(`{"a": 1}`))); got != `{"a": 1}` {
		t.Errorf("no spec: %s", got)
	}
}
