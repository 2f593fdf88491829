package connection

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// Set is what Load read, by name. Every document in it is complete with its
// defaults and checked by itself.
type Set struct {
	Sources      map[string]*Source
	Destinations map[string]*Destination
	Connections  map[string]*Connection
}

// Listed is one of many connections, some of which may be broken: each stops only
// itself.
type Listed struct {
	Metadata Metadata
	// Connection, complete and checked; nil if there is a problem with its own
	// fields.
	Connection *Connection
	// Revision differs once the connection does, or its source or destination.
	Revision string
	// Problem is nil, or a *Problems: what is wrong with it or with one of its ends,
	// so that it cannot be synced.
	Problem error
}

// Revision is a digest of documents, and of what is told of them: it differs once
// any of them does.
func Revision(docs ...any) string {
	digest := sha256.New()
	for _, doc := range docs {
		_ = json.NewEncoder(digest).Encode(doc) // documents were JSON once, and a hash takes it all
	}
	return hex.EncodeToString(digest.Sum(nil)[:16])
}

// Connection finds the connection that is meant by a name, as Find does.
func (s *Set) Connection(name string) (*Connection, error) {
	if len(s.Connections) == 0 {
		return nil, problem(Origin{}, "", "no Connection in the files read", "add a document of kind: Connection, or name its file too (-f)")
	}
	byKey := make(map[string]*Connection, len(s.Connections))
	for _, conn := range s.Connections {
		byKey[conn.Metadata.Key()] = conn
	}
	key, err := Find(name, keys(byKey))
	return byKey[key], err
}

// SourceOf finds the source that a connection names. The error is a *Problems
// with the place of the name.
func (s *Set) SourceOf(conn *Connection) (*Source, error) {
	return named(conn, KindSource, "spec.source", conn.Spec.Source, s.Sources)
}

// DestinationOf finds the destination that a connection names. The error is a
// *Problems with the place of the name.
func (s *Set) DestinationOf(conn *Connection) (*Destination, error) {
	return named(conn, KindDestination, "spec.destination", conn.Spec.Destination, s.Destinations)
}

func named[T any](conn *Connection, kind, field, name string, known map[string]*T) (*T, error) {
	if doc, ok := known[name]; ok {
		return doc, nil
	}
	hint := didYouMean(name, keys(known))
	if hint == "" {
		hint = fmt.Sprintf("add a document of kind: %s named %s, or name its file too (-f)", kind, name)
	}
	return nil, problem(conn.Origin, field, fmt.Sprintf("no %s %q", kind, name), strings.TrimSpace(hint))
}
