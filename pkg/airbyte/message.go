package airbyte

import "encoding/json"

// Message is one decoded protocol line (AirbyteMessage). Exactly the pointer
// that belongs to Type is set.
type Message struct {
	Type               Type                    `json:"type"`
	Record             *RecordMessage          `json:"record,omitempty"`
	State              *StateMessage           `json:"state,omitempty"`
	Log                *LogMessage             `json:"log,omitempty"`
	Spec               *ConnectorSpecification `json:"spec,omitempty"`
	ConnectionStatus   *ConnectionStatusResult `json:"connectionStatus,omitempty"`
	Catalog            *StreamCatalog          `json:"catalog,omitempty"`
	Trace              *TraceMessage           `json:"trace,omitempty"`
	Control            *ControlMessage         `json:"control,omitempty"`
	DestinationCatalog *DestinationObjects     `json:"destination_catalog,omitempty"`
	Extra              Extra                   `json:"-"`
}

// RecordMessage is one row (AirbyteRecordMessage). EmittedAt is in milliseconds
// since 1970; some sources send seconds or a fraction, which is truncated here.
type RecordMessage struct {
	Namespace     string          `json:"namespace,omitempty"`
	Stream        string          `json:"stream" airbyte:"required"`
	Data          json.RawMessage `json:"data" airbyte:"required"`
	EmittedAt     int64           `json:"emitted_at" airbyte:"truncate"`
	Meta          *RecordMeta     `json:"meta,omitempty"`
	FileReference *FileReference  `json:"file_reference,omitempty"`
	Extra         Extra           `json:"-"`
}

// RecordMeta tells what happened to a record on its way.
type RecordMeta struct {
	Changes []MetaChange `json:"changes,omitempty"`
	Extra   Extra        `json:"-"`
}

// MetaChange is one change: Change is NULLED or TRUNCATED, Reason one of the
// protocol's list (such as DESTINATION_FIELD_SIZE_LIMITATION).
type MetaChange struct {
	Field  string `json:"field"`
	Change string `json:"change"`
	Reason string `json:"reason"`
	Extra  Extra  `json:"-"`
}

// FileReference points to a file that a record describes.
type FileReference struct {
	StagingFileURL         string `json:"staging_file_url,omitempty"`
	SourceFileRelativePath string `json:"source_file_relative_path,omitempty"`
	FileSizeBytes          int64  `json:"file_size_bytes,omitempty" airbyte:"truncate"`
	Extra                  Extra  `json:"-"`
}

// LogMessage is a log line a connector wrote as a message.
type LogMessage struct {
	Level      string `json:"level"`
	Message    string `json:"message"`
	StackTrace string `json:"stack_trace,omitempty"`
	Extra      Extra  `json:"-"`
}

// ConnectionStatusResult answers a check (AirbyteConnectionStatus). Status is
// SUCCEEDED or FAILED; a FAILED one may come with exit code 0 and no Message.
type ConnectionStatusResult struct {
	Status  string `json:"status" airbyte:"required"`
	Message string `json:"message,omitempty"`
	Extra   Extra  `json:"-"`
}

// The values of ConnectionStatusResult.Status.
const (
	CheckSucceeded = "SUCCEEDED"
	CheckFailed    = "FAILED"
)

// ConnectorSpecification answers a spec. ConnectionSpecification is the JSON
// Schema (draft-07) of the connector's config.
type ConnectorSpecification struct {
	ConnectionSpecification       json.RawMessage       `json:"connectionSpecification" airbyte:"required"`
	DocumentationURL              string                `json:"documentationUrl,omitempty"`
	ChangelogURL                  string                `json:"changelogUrl,omitempty"`
	SupportsIncremental           bool                  `json:"supportsIncremental,omitempty"`
	SupportedDestinationSyncModes []DestinationSyncMode `json:"supported_destination_sync_modes,omitempty"`
	ProtocolVersion               string                `json:"protocol_version,omitempty"`
	Extra                         Extra                 `json:"-"`
}

// ControlMessage asks the engine to keep something (AirbyteControlMessage).
type ControlMessage struct {
	Type            string         `json:"type" airbyte:"required"`
	EmittedAt       float64        `json:"emitted_at"`
	ConnectorConfig *ControlConfig `json:"connectorConfig,omitempty"`
	Extra           Extra          `json:"-"`
}

// ControlConnectorConfig is the only ControlMessage.Type: the connector
// changed its own config, for example by refreshing a token.
const ControlConnectorConfig = "CONNECTOR_CONFIG"

// ControlConfig carries the changed config, secrets in clear.
type ControlConfig struct {
	Config json.RawMessage `json:"config" airbyte:"required"`
	Extra  Extra           `json:"-"`
}

// DestinationObjects answers a destination's discover (DestinationCatalog).
type DestinationObjects struct {
	Operations json.RawMessage `json:"operations" airbyte:"required"`
	Extra      Extra           `json:"-"`
}
