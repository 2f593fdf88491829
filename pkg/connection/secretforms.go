package connection

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf16"
)

const (
	// shortestLine is the length from which a line of a secret is one itself.
	shortestLine = 8
	// shortestLeaf is the same for a string in a secret that is JSON.
	shortestLeaf = 16
	// shortestBase64 is how many characters of base64 prove a secret.
	shortestBase64 = 8
)

// secretForms lists the texts by which a secret may show (see Redactor).
func secretForms(secret string) []string {
	var forms []string
	for _, part := range secretParts(secret) {
		if len(part) < shortest {
			continue
		}
		forms = append(forms, part)
		forms = append(forms, jsonForms(part)...)
		forms = append(forms, urlForms(part)...)
		forms = append(forms, base64Forms(part)...)
	}
	return forms
}

// secretParts lists what of a secret is a secret by itself.
func secretParts(secret string) []string {
	parts := []string{secret}
	if trimmed := strings.TrimSpace(secret); trimmed != secret {
		parts = append(parts, trimmed)
	}
	if lines := strings.Split(secret, "\n"); len(lines) > 1 {
		for _, line := range lines {
			if line = strings.TrimSpace(line); len(line) >= shortestLine {
				parts = append(parts, line)
			}
		}
	}
	return append(parts, jsonParts(secret)...)
}

func jsonParts(secret string) []string {
	if start := strings.TrimSpace(secret); start == "" || start[0] != '{' && start[0] != '[' || !json.Valid([]byte(secret)) {
		return nil
	}
	var parts []string
	walkJSON([]byte(secret), "", func(leaf jsonLeaf) {
		text, ok := leaf.text()
		if !ok || len(text) < shortestLeaf || strings.HasPrefix(text, "http") {
			return
		}
		for _, line := range strings.Split(text, "\n") {
			if len(line) >= shortestLine {
				parts = append(parts, line)
			}
		}
		parts = append(parts, text)
	})
	return parts
}

// jsonForms are the escapes of JSON as the usual libraries write them.
func jsonForms(s string) []string {
	plain := inner(jsonString(s))
	html := strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace(plain)
	return []string{plain, html, asciiOnly(plain), inner(jsonString(plain)), inner(jsonString(asciiOnly(plain)))}
}

func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

func asciiOnly(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c < 0x80 {
			b.WriteRune(c)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, c) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

var percentEscape = regexp.MustCompile(`%[0-9A-F]{2}`)

// urlForms are the escapes of URLs: of a query, of a path, and with everything
// escaped that may be (Python's quote leaves the slash).
func urlForms(s string) []string {
	query := url.QueryEscape(s)
	strict := strings.ReplaceAll(query, "+", "%20")
	upper := []string{query, url.PathEscape(s), strict, strings.ReplaceAll(strict, "%2F", "/")}
	all := upper
	for _, form := range upper {
		all = append(all, percentEscape.ReplaceAllStringFunc(form, strings.ToLower))
	}
	return all
}

// base64Forms are the characters that s alone decides when it begins at the
// first, second or third byte of a group of three.
func base64Forms(s string) []string {
	var forms []string
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 {
			text := alphabet.EncodeToString([]byte(strings.Repeat("\x00", shift) + s))
			from, to := (shift*8+5)/6, (shift+len(s))*8/6
			if to-from >= shortestBase64 {
				forms = append(forms, text[from:to])
			}
		}
	}
	return forms
}
