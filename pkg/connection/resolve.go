package connection

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"knelt.dev/pkg/connector"
)

// Resolver gives the values that references stand for.
type Resolver interface {
	// Lookup gives the value of a well-formed reference. Its error says what is
	// missing and what to do, and never holds a value. One that wraps
	// connector.ErrUnavailable tells that it could not be read for now.
	Lookup(ref Reference) (string, error)
}

// Resolve puts the values of references into the strings of a config: the
// result is raw with those strings replaced and every other byte kept. Keys are
// not resolved, and what a reference gives is a string always, never parsed and
// never resolved again. secrets are the values that came by reference.
//
// The error is a *Problems with the path of every field that could not be
// resolved, or wraps connector.ErrUnavailable if a value may be there and could
// not be read; it never holds a value.
func Resolve(raw json.RawMessage, r Resolver) (resolved json.RawMessage, secrets []string, err error) {
	if !json.Valid(raw) {
		return nil, nil, problem(Origin{}, "", "the config is not valid JSON", "")
	}
	res := resolution{resolver: r}
	at := 0
	walkJSON(raw, "", func(leaf jsonLeaf) {
		text, isString := leaf.text()
		if !isString || !strings.ContainsRune(text, '$') {
			return
		}
		value, changed := res.resolve(leaf.field, text)
		if !changed {
			return
		}
		resolved = append(append(resolved, raw[at:leaf.start]...), jsonString(value)...)
		at = leaf.end
	})
	resolved = append(resolved, raw[at:]...)
	if err := res.failure(); err != nil {
		return nil, nil, err
	}
	return resolved, res.secrets, nil
}

// ResolveEnv does the same for the values of a connector's environment.
func ResolveEnv(env map[string]string, r Resolver) (resolved map[string]string, secrets []string, err error) {
	res := resolution{resolver: r}
	resolved = make(map[string]string, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		value, _ := res.resolve(childField("", name), env[name])
		if strings.ContainsRune(value, 0) {
			res.fail(childField("", name), "its value holds a NUL character", "an environment variable cannot hold one")
		}
		resolved[name] = value
	}
	if err := res.failure(); err != nil {
		return nil, nil, err
	}
	return resolved, res.secrets, nil
}

// resolution is one Resolve in progress.
type resolution struct {
	resolver Resolver
	secrets  []string
	problems []Problem
	passing  error // why a value could not be read for now
}

func (r *resolution) failure() error {
	if r.passing != nil {
		return r.passing
	}
	return problems(r.problems)
}

func (r *resolution) fail(field, message, hint string) {
	r.problems = append(r.problems, Problem{Field: field, Message: message, Hint: hint})
}

// resolve gives text with its references replaced, and whether it changed.
func (r *resolution) resolve(field, text string) (string, bool) {
	pieces, wrong := parseReferences(text)
	if wrong != nil {
		r.fail(field, wrong.message, wrong.hint)
		return "", false
	}
	var b strings.Builder
	for _, p := range pieces {
		if p.reference == nil {
			b.WriteString(p.literal)
			continue
		}
		b.WriteString(r.lookup(field, *p.reference))
	}
	return b.String(), b.String() != text
}

func (r *resolution) lookup(field string, ref Reference) string {
	value, err := r.resolver.Lookup(ref)
	if err != nil {
		r.refused(field, err)
		return ""
	}
	if !utf8.ValidString(value) {
		r.fail(field, "what "+ref.String()+" gives is not UTF-8 text", "give it encoded, such as in base64")
		return ""
	}
	if value != "" && !slices.Contains(r.secrets, value) {
		r.secrets = append(r.secrets, value)
	}
	return value
}

func (r *resolution) refused(field string, err error) {
	var known *referenceError
	switch {
	case errors.Is(err, connector.ErrUnavailable):
		r.passing = fmt.Errorf("%s: %w", field, err)
	case errors.As(err, &known):
		r.fail(field, known.message, known.hint)
	default:
		r.fail(field, err.Error(), "")
	}
}
