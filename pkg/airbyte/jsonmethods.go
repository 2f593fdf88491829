package airbyte

// encoding/json would lose unknown properties, match names without regard to
// case and write counts without a decimal point. These methods make it follow
// the rules of Decode and AppendJSON wherever one of the types is part of something
// else. (It still compacts and escapes what a method returns: AppendJSON does not.)

// MarshalJSON writes v as AppendJSON does.
func (v Message) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *Message) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v RecordMessage) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *RecordMessage) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v RecordMeta) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *RecordMeta) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v MetaChange) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *MetaChange) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v FileReference) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *FileReference) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v LogMessage) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *LogMessage) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v ConnectionStatusResult) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *ConnectionStatusResult) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v ConnectorSpecification) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *ConnectorSpecification) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v ControlMessage) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *ControlMessage) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v ControlConfig) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *ControlConfig) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v DestinationObjects) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *DestinationObjects) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v StreamCatalog) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *StreamCatalog) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v Stream) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *Stream) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v ConfiguredCatalog) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *ConfiguredCatalog) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v ConfiguredStream) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *ConfiguredStream) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v StateMessage) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *StateMessage) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v StreamPosition) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *StreamPosition) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v GlobalPosition) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *GlobalPosition) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v StateStats) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *StateStats) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v TraceMessage) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *TraceMessage) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v ErrorTrace) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *ErrorTrace) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v EstimateTrace) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *EstimateTrace) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v StreamStatusTrace) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *StreamStatusTrace) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v StatusReason) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *StatusReason) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v RateLimited) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *RateLimited) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }

// MarshalJSON writes v as AppendJSON does.
func (v AnalyticsTrace) MarshalJSON() ([]byte, error) { return AppendJSON(nil, &v) }

// UnmarshalJSON reads v as Unmarshal does.
func (v *AnalyticsTrace) UnmarshalJSON(data []byte) error { return unmarshalPart(data, v) }
