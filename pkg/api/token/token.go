// Package token makes bearer tokens and knows them again. Only their hashes are
// kept, a line each:
//
//	NAME SCOPE sha256:HEX [EXPIRES]
//
// such as "dashboard read sha256:9f86d0... 2027-01-01T00:00:00Z". Lines that are
// empty or begin with # say nothing. Tokens have 256 random bits, so a plain hash
// of one tells nothing about it.
package token

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"knelt.dev/pkg/api"
)

// Token is what is known of a token.
type Token struct {
	Name  string
	Scope api.Scope
	// Expires is when it ends; zero: never.
	Expires time.Time

	hash [sha256.Size]byte
}

// prefix marks our tokens, so that scanners of repositories can find them.
const prefix = "knelt_"

var goodName = regexp.MustCompile(`^[A-Za-z0-9._@-]{1,64}$`)

// New makes a token. The secret is for whoever uses it and is kept nowhere; the
// Token is for those who check it, its String is the line to keep.
func New(name string, scope api.Scope, expires time.Time) (secret string, t Token, err error) {
	if !goodName.MatchString(name) {
		return "", t, fmt.Errorf("%q is no name for a token: use letters, digits, and . _ @ -", name)
	}
	if !scope.Known() {
		return "", t, fmt.Errorf("%q is no scope: there are read, run and admin", scope)
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	secret = prefix + base64.RawURLEncoding.EncodeToString(random[:])
	return secret, Token{Name: name, Scope: scope, Expires: expires.UTC().Truncate(time.Second), hash: sha256.Sum256([]byte(secret))}, nil
}

// String is the line to keep.
func (t Token) String() string {
	line := fmt.Sprintf("%s %s sha256:%s", t.Name, t.Scope, hex.EncodeToString(t.hash[:]))
	if !t.Expires.IsZero() {
		line += " " + t.Expires.Format(time.RFC3339)
	}
	return line
}

// Set is the tokens that are known.
type Set []Token

// Parse reads lines. The error names each that is wrong, without its hash.
func Parse(text []byte) (Set, error) {
	var set Set
	var wrong []error
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		t, err := parseLine(line)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		set = append(set, t)
	}
	return set, errors.Join(append(wrong, lines.Err())...)
}

func parseLine(line string) (t Token, err error) {
	words := strings.Fields(line)
	if len(words) < 3 || len(words) > 4 {
		return t, errors.New("must be NAME SCOPE sha256:HEX [EXPIRES]")
	}
	t.Name, t.Scope = words[0], api.Scope(words[1])
	hash, is := strings.CutPrefix(words[2], "sha256:")
	sum, err := hex.DecodeString(hash)
	switch {
	case !goodName.MatchString(t.Name):
		return t, errors.New("the name has other characters than letters, digits, and . _ @ -")
	case !t.Scope.Known():
		return t, fmt.Errorf("%q is no scope: there are read, run and admin", t.Scope)
	case !is || err != nil || len(sum) != sha256.Size:
		return t, errors.New("the hash must be sha256: with 64 hexadecimal digits (knelt token new prints the line)")
	}
	t.hash = [sha256.Size]byte(sum)
	if len(words) == 4 {
		if t.Expires, err = time.Parse(time.RFC3339, words[3]); err != nil {
			return t, errors.New("the time it expires must be as 2027-01-01T00:00:00Z")
		}
	}
	return t, nil
}

// Find gives the token of a secret, unless it has expired. How long it takes
// tells nothing of which tokens there are.
func (s Set) Find(secret string, now time.Time) (Token, bool) {
	hash := sha256.Sum256([]byte(secret))
	found := -1
	for i, t := range s {
		if subtle.ConstantTimeCompare(hash[:], t.hash[:]) == 1 {
			found = i
		}
	}
	if found < 0 || !s[found].Expires.IsZero() && !now.Before(s[found].Expires) {
		return Token{}, false
	}
	return s[found], true
}
