package airbyte

import "encoding/json"

// SyncMode says how a source reads a stream.
type SyncMode string

// The source's sync modes.
const (
	FullRefresh SyncMode = "full_refresh"
	Incremental SyncMode = "incremental"
)

// DestinationSyncMode says what a destination does with a stream's records.
type DestinationSyncMode string

// The protocol's destination sync modes. OverwriteDedup is the platform's own
// word: it never reaches a connector (see replication).
const (
	Append         DestinationSyncMode = "append"
	Overwrite      DestinationSyncMode = "overwrite"
	AppendDedup    DestinationSyncMode = "append_dedup"
	Update         DestinationSyncMode = "update"
	SoftDelete     DestinationSyncMode = "soft_delete"
	OverwriteDedup DestinationSyncMode = "overwrite_dedup"
)

// StreamCatalog answers a source's discover (AirbyteCatalog).
type StreamCatalog struct {
	Streams []Stream `json:"streams" airbyte:"required"`
	Extra   Extra    `json:"-"`
}

// Stream is what a source can read (AirbyteStream).
type Stream struct {
	Name                    string          `json:"name" airbyte:"required"`
	Namespace               string          `json:"namespace,omitempty"`
	JSONSchema              json.RawMessage `json:"json_schema" airbyte:"default={}"`
	SupportedSyncModes      []SyncMode      `json:"supported_sync_modes,omitempty"`
	SourceDefinedCursor     bool            `json:"source_defined_cursor,omitempty"`
	DefaultCursorField      []string        `json:"default_cursor_field,omitempty"`
	SourceDefinedPrimaryKey [][]string      `json:"source_defined_primary_key,omitempty"`
	IsResumable             bool            `json:"is_resumable,omitempty"`
	IsFileBased             bool            `json:"is_file_based,omitempty"`
	Extra                   Extra           `json:"-"`
}

// Descriptor names the stream.
func (v Stream) Descriptor() Descriptor { return Descriptor{Namespace: v.Namespace, Name: v.Name} }

// ConfiguredCatalog tells a connector what to read or write
// (ConfiguredAirbyteCatalog).
type ConfiguredCatalog struct {
	Streams []ConfiguredStream `json:"streams" airbyte:"required"`
	Extra   Extra              `json:"-"`
}

// ConfiguredStream is one stream to read or write. The three ids are always
// written, 0 too: newer destinations refuse a catalog without them (PyAirbyte
// issue 329).
type ConfiguredStream struct {
	Stream                Stream              `json:"stream" airbyte:"required"`
	SyncMode              SyncMode            `json:"sync_mode" airbyte:"default=full_refresh"`
	CursorField           []string            `json:"cursor_field,omitempty"`
	DestinationSyncMode   DestinationSyncMode `json:"destination_sync_mode" airbyte:"default=append"`
	PrimaryKey            [][]string          `json:"primary_key,omitempty"`
	DestinationObjectName string              `json:"destination_object_name,omitempty"`
	GenerationID          int64               `json:"generation_id"`
	MinimumGenerationID   int64               `json:"minimum_generation_id"`
	SyncID                int64               `json:"sync_id"`
	IncludeFiles          bool                `json:"include_files,omitempty"`
	Extra                 Extra               `json:"-"`
}
