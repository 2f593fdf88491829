// Package connection is what users write: Source, Destination and Connection
// (API group knelt.dev/v1alpha1), read strictly from YAML, completed with
// defaults, and checked against what the connectors say of themselves before
// anything starts.
package connection

import (
	"encoding/json"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
)

// APIVersion is the only value of a document's apiVersion.
const APIVersion = "knelt.dev/v1alpha1"

// The kinds of documents.
const (
	KindSource      = "Source"
	KindDestination = "Destination"
	KindConnection  = "Connection"
)

// Metadata names a document.
type Metadata struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Key names the document where those of several namespaces meet, as in a store:
// "namespace/name", or the bare name where there is no namespace.
func (m Metadata) Key() string {
	if m.Namespace == "" {
		return m.Name
	}
	return m.Namespace + "/" + m.Name
}

// Source is where data comes from.
type Source struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Metadata   Metadata   `json:"metadata"`
	Spec       SourceSpec `json:"spec"`
	// Origin is the file and line the document came from.
	Origin Origin `json:"-"`
}

// SourceSpec says which connector reads, and its config.
type SourceSpec struct {
	// Connector is the program that reads.
	Connector Connector `json:"connector"`
	// Config is the connector's own config, as its spec describes it. Strings may
	// hold ${secret:name/key}, and on one machine ${env:X} and ${file:P}, which are
	// put in when a connector is started.
	Config json.RawMessage `json:"config,omitempty"`
}

// Destination is where data goes.
type Destination struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   Metadata        `json:"metadata"`
	Spec       DestinationSpec `json:"spec"`
	Origin     Origin          `json:"-"`
}

// DestinationSpec says which connector writes, its config, and what the
// protocol cannot tell about it.
type DestinationSpec struct {
	// Connector is the program that writes.
	Connector Connector `json:"connector"`
	// Config is the connector's own config, as its spec describes it. Strings may
	// hold ${secret:name/key}, and on one machine ${env:X} and ${file:P}, which are
	// put in when a connector is started.
	Config json.RawMessage `json:"config,omitempty"`
	// SupportsRefreshes tells that the destination knows generations and waits
	// for COMPLETE before it finalises a stream. A wrong value breaks both ways:
	// false on a new destination never finalises, true on an old one appends
	// where it should overwrite.
	SupportsRefreshes bool `json:"supportsRefreshes,omitempty"`
	// AcknowledgesInOrder tells that a returned state also acknowledges the
	// states of other streams sent before it. True for destinations that commit
	// everything read so far at once; false (the default) is always safe.
	AcknowledgesInOrder bool `json:"acknowledgesInOrder,omitempty"`
}

// Connector says which program is run.
type Connector struct {
	// Command is a program with its first arguments. Beside an image it is a
	// program in the image, in place of the image's entrypoint; without one it is a
	// local program, relative to the file that names it.
	Command []string `json:"command,omitempty"`
	// Image is a container image, such as airbyte/source-postgres:3.6.9. A cluster
	// needs it; one machine runs command instead.
	Image string `json:"image,omitempty"`
	// Env is the connector's environment; values may hold references as its config.
	Env map[string]string `json:"env,omitempty"`
	// How its pod is made, where it runs in one.
	connector.Pod
}

// Connection is a source, a destination, and what moves between them.
type Connection struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   Metadata       `json:"metadata"`
	Spec       ConnectionSpec `json:"spec"`
	Origin     Origin         `json:"-"`
}

// ConnectionSpec names the two ends and selects streams.
type ConnectionSpec struct {
	// Source is the name of a Source, of the same namespace.
	Source string `json:"source"`
	// Destination is the name of a Destination, of the same namespace.
	Destination string `json:"destination"`
	// Schedule says when it is synced by itself. Left out: never, only when asked.
	Schedule *Schedule `json:"schedule,omitempty"`
	// Paused keeps it from being synced by itself, whatever the schedule. It can
	// still be synced by hand.
	Paused bool `json:"paused,omitempty"`
	// Streams to move. Left out: every stream, incremental where the source can.
	Streams []StreamSelection `json:"streams,omitempty"`
	// NamespaceFormat is where the destination puts streams: "" or "source"
	// keep the source's namespace, "destination" leaves it to the destination,
	// anything else is the name itself, in which ${SOURCE_NAMESPACE} is
	// replaced.
	NamespaceFormat string `json:"namespaceFormat,omitempty"`
	// Prefix is put before every stream's name at the destination.
	Prefix string `json:"prefix,omitempty"`
	// DiscoverBeforeSync asks the source for its streams before each sync and
	// compares them with those of the sync before.
	DiscoverBeforeSync bool `json:"discoverBeforeSync,omitempty"`
	// OnSchemaChange says what is done about a difference (default ignore).
	OnSchemaChange OnSchemaChange `json:"onSchemaChange,omitempty"`
	// Retries says how often a failed attempt is tried again by itself.
	Retries Retries `json:"retries,omitzero"`
	// Timeouts bound what may take forever. Negative values mean none.
	Timeouts Timeouts `json:"timeouts,omitzero"`
	// Notifications are the webhooks that are told how its syncs end.
	Notifications []Notification `json:"notifications,omitempty"`
	// MaxLine is the longest line a connector may write, in bytes (default
	// 256 MiB).
	MaxLine int `json:"maxLine,omitempty"`
}

// StreamSelection is one stream and how it moves. What is left out is taken from
// the source's catalog.
type StreamSelection struct {
	// Name of the stream at the source.
	Name string `json:"name"`
	// Namespace of the stream at the source. It is needed if the source has the
	// name in several.
	Namespace string `json:"namespace,omitempty"`
	// SyncMode is full_refresh or incremental. Left out: incremental where the
	// source can and a cursor is known.
	SyncMode airbyte.SyncMode `json:"syncMode,omitempty"`
	// DestinationSyncMode is what the destination does with the rows. Left out: of
	// an incremental stream append_dedup where there is a primary key, else append;
	// of a full refresh overwrite.
	DestinationSyncMode airbyte.DestinationSyncMode `json:"destinationSyncMode,omitempty"`
	// CursorField is the path of the field that grows with each change, such as
	// [updated_at]. It has no effect if the source has a cursor of its own.
	CursorField []string `json:"cursorField,omitempty"`
	// PrimaryKey is the paths of the key's fields: [[id]], or [[shop_id], [id]] for
	// two.
	PrimaryKey [][]string `json:"primaryKey,omitempty"`
	// SelectedFields are the top-level fields that move; empty: all.
	SelectedFields []string `json:"selectedFields,omitempty"`
}

// Retries says how often a failed attempt is tried again by itself.
type Retries struct {
	// Max is the number of further attempts (default 0).
	Max int `json:"max,omitempty"`
	// Backoff before the second attempt (default 10s); tripled each time, up to
	// 30 minutes.
	Backoff Duration `json:"backoff,omitempty"`
}

// Timeouts bound what may take forever. Zero means the default, a negative
// value none.
type Timeouts struct {
	// SourceIdle ends a sync whose source gave no sign of life (default 3h).
	SourceIdle Duration `json:"sourceIdle,omitempty"`
	// DestinationIdle ends a sync whose destination neither read nor wrote
	// (default 2h).
	DestinationIdle Duration `json:"destinationIdle,omitempty"`
	// SourceExit ends a sync whose source closed its output and lives on
	// (default 1m).
	SourceExit Duration `json:"sourceExit,omitempty"`
	// Grace is what a connector gets between SIGTERM and SIGKILL (default 10s).
	Grace Duration `json:"grace,omitempty"`
	// Command bounds spec, check and discover (default 10m).
	Command Duration `json:"command,omitempty"`
}
