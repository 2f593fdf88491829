package airbyte_test

import (
	"encoding/json"

	"knelt.dev/pkg/airbyte"
)

func count(n float64) *airbyte.Count { c := airbyte.Count(n); return &c }

func number(n int64) *int64 { return &n }

var users = airbyte.Descriptor{Namespace: "public", Name: "users"}

// goldenMessages has every property of every message at least once.
func goldenMessages() map[string]*airbyte.Message {
	messages := map[string]*airbyte.Message{}
	for _, part := range []map[string]*airbyte.Message{goldenData(), goldenStates(), goldenAnswers(), goldenTraces()} {
		for name, m := range part {
			messages[name] = m
		}
	}
	return messages
}

func goldenData() map[string]*airbyte.Message {
	return map[string]*airbyte.Message{
		"record": {Type: airbyte.Record, Record: &airbyte.RecordMessage{
			Stream: "users", Data: json.RawMessage(`{"id": 123456789012345678901234567890, "html":"<b>&</b>"}`), EmittedAt: 1700000000000,
		}},
		"record_full": {
			Type: airbyte.Record,
			Record: &airbyte.RecordMessage{
				Namespace: "public", Stream: "users", Data: json.RawMessage(`{}`), EmittedAt: 1700000000000,
				Meta: &airbyte.RecordMeta{Changes: []airbyte.MetaChange{
					{Field: "name", Change: "TRUNCATED", Reason: "DESTINATION_FIELD_SIZE_LIMITATION"},
				}},
				FileReference: &airbyte.FileReference{StagingFileURL: "/staging/a", SourceFileRelativePath: "a", FileSizeBytes: 3},
			},
		},
		"log": {Type: airbyte.Log, Log: &airbyte.LogMessage{
			Level: "INFO", Message: "a <b> \"quoted\"\nline \u2028 end", StackTrace: "at x",
		}},
		"control": {Type: airbyte.Control, Control: &airbyte.ControlMessage{
			Type: airbyte.ControlConnectorConfig, EmittedAt: 1700000000000.25,
			ConnectorConfig: &airbyte.ControlConfig{Config: json.RawMessage(`{"refresh_token":"new"}`)},
		}},
	}
}

func goldenStates() map[string]*airbyte.Message {
	position := airbyte.StreamPosition{Descriptor: users, State: json.RawMessage(`{"cursor":9007199254740993}`)}
	reset := airbyte.StreamPosition{Descriptor: airbyte.Descriptor{Name: "users"}, State: json.RawMessage(`null`)}
	return map[string]*airbyte.Message{
		"state_stream": {Type: airbyte.State, State: &airbyte.StateMessage{
			Kind: airbyte.StreamState, Stream: &position, ID: number(12),
			SourceStats: &airbyte.StateStats{RecordCount: count(100)},
			DestinationStats: &airbyte.StateStats{
				RecordCount: count(99), RejectedRecordCount: count(1), AdditionalStats: map[string]airbyte.Count{"nulled": 2},
			},
		}},
		"state_global": {Type: airbyte.State, State: &airbyte.StateMessage{Kind: airbyte.GlobalState, Global: &airbyte.GlobalPosition{
			SharedState: json.RawMessage(`{"lsn":1}`), StreamStates: []airbyte.StreamPosition{position},
		}}},
		"state_legacy": {Type: airbyte.State, State: &airbyte.StateMessage{
			Kind: airbyte.LegacyState, Data: json.RawMessage(`{"users":{"cursor":1}}`),
		}},
		"state_untyped": {Type: airbyte.State, State: &airbyte.StateMessage{
			Kind: airbyte.LegacyState, Untyped: true, Data: json.RawMessage(`{}`),
		}},
		// The protocol's own schema wants an object for a state; the platform
		// sends null all the same.
		"state_reset": {Type: airbyte.State, State: &airbyte.StateMessage{Kind: airbyte.StreamState, Stream: &reset}},
	}
}

func goldenAnswers() map[string]*airbyte.Message {
	return map[string]*airbyte.Message{
		"spec": {Type: airbyte.Spec, Spec: &airbyte.ConnectorSpecification{
			ConnectionSpecification: json.RawMessage(`{"type":"object"}`), DocumentationURL: "https://knelt.dev/a?b&c",
			ChangelogURL: "https://knelt.dev/changes", SupportsIncremental: true,
			SupportedDestinationSyncModes: []airbyte.DestinationSyncMode{airbyte.Append, airbyte.Overwrite, airbyte.AppendDedup, airbyte.Update, airbyte.SoftDelete},
			ProtocolVersion:               "0.18.0", Extra: airbyte.Extra{"supportsDBT": json.RawMessage(`false`)},
		}},
		"connection_status": {Type: airbyte.ConnectionStatus, ConnectionStatus: &airbyte.ConnectionStatusResult{
			Status: airbyte.CheckFailed, Message: "no route",
		}},
		"catalog": {Type: airbyte.Catalog, Catalog: &airbyte.StreamCatalog{Streams: []airbyte.Stream{fullStream()}}},
		"destination_catalog": {Type: airbyte.DestinationCatalog, DestinationCatalog: &airbyte.DestinationObjects{
			Operations: json.RawMessage(`[{"object_name":"User","sync_mode":"append","json_schema":{},"matching_keys":[["id"]]}]`),
		}},
	}
}

func goldenTraces() map[string]*airbyte.Message {
	traces := map[string]*airbyte.TraceMessage{
		"trace_error": {Type: airbyte.TraceError, Error: &airbyte.ErrorTrace{
			Message: "no", InternalMessage: "why", StackTrace: "where", FailureType: airbyte.TransientError, StreamDescriptor: &users,
		}},
		"trace_estimate": {Type: airbyte.TraceEstimate, Estimate: &airbyte.EstimateTrace{
			Name: "users", Namespace: "public", Type: "STREAM", RowEstimate: 10, ByteEstimate: 1000,
		}},
		"trace_stream_status": {Type: airbyte.TraceStreamStatus, StreamStatus: &airbyte.StreamStatusTrace{
			Descriptor: users, Status: airbyte.Running,
			Reasons: []airbyte.StatusReason{{Type: "RATE_LIMITED", RateLimited: &airbyte.RateLimited{QuotaReset: 1700000000000}}},
		}},
		"trace_analytics": {Type: airbyte.TraceAnalytics, Analytics: &airbyte.AnalyticsTrace{Type: "pages", Value: "2"}},
	}
	messages := map[string]*airbyte.Message{}
	for name, trace := range traces {
		trace.EmittedAt = 1700000000000
		messages[name] = &airbyte.Message{Type: airbyte.Trace, Trace: trace}
	}
	return messages
}
