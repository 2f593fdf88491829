package api

import "slices"

// Scope is what a token may do. Each includes those before it.
type Scope string

// The scopes.
const (
	// None needs no token: what tells nothing of anybody's data.
	None Scope = ""
	// Read sees everything but secrets.
	Read Scope = "read"
	// Run starts, stops and pauses syncs, and asks connectors that are configured.
	Run Scope = "run"
	// Admin deletes rows, sets states, and runs connectors that a request brings.
	Admin Scope = "admin"
)

// Scopes from the least to the most.
var Scopes = []Scope{Read, Run, Admin}

func (Scope) values() []string { return texts(Scopes) }

// Known tells whether a token can have the scope.
func (s Scope) Known() bool { return slices.Contains(Scopes, s) }

// Allows tells whether whoever has scope s may do what needs the other.
func (s Scope) Allows(needed Scope) bool {
	return needed == None || s.Known() && slices.Index(Scopes, s) >= slices.Index(Scopes, needed)
}

// TokenHeader brings a token, as "Bearer TOKEN", where something before the server
// keeps Authorization for itself, as an API server of Kubernetes does: it counts
// more than Authorization.
const TokenHeader = "Knelt-Authorization" //nolint:gosec // the name of a header, no secret

// Included lists the scope with those it includes.
func (s Scope) Included() []Scope { return Scopes[:slices.Index(Scopes, s)+1] }

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}
