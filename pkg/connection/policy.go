package connection

// OnSchemaChange says what a sync does about a source whose streams or fields are
// not what they were.
type OnSchemaChange string

// The policies for changes of a source's schema. Under each of them a change that
// breaks a stream's cursor or key fails the sync; pause keeps it from starting.
const (
	// IgnoreChanges goes on with the streams and fields known so far.
	IgnoreChanges OnSchemaChange = "ignore"
	// PropagateFields moves new fields of the streams that move already.
	PropagateFields OnSchemaChange = "propagateFields"
	// PropagateAll moves new fields, and new streams too.
	PropagateAll OnSchemaChange = "propagateAll"
	// PauseOnChange pauses the connection at any change.
	PauseOnChange OnSchemaChange = "pause"
)

// Notification is a webhook that is told of a connection's fate.
type Notification struct {
	// Webhook is the http or https URL that is posted to; it may hold references
	// as a config.
	Webhook string `json:"webhook"`
	// Secret signs what is posted; it should be a reference such as
	// ${secret:name/key}.
	Secret string `json:"secret,omitempty"`
	// When lists what is told (default all of them).
	When []NotifyOn `json:"when,omitempty"`
}

// NotifyOn is an occasion to notify somebody. The field is not called on, which
// kubectl and others who read YAML 1.1 take for true.
type NotifyOn string

// The occasions.
const (
	// OnFailure is a sync that ended failed or incomplete, once until it recovers.
	OnFailure NotifyOn = "failure"
	// OnRecovery is the first sync that succeeded after that.
	OnRecovery NotifyOn = "recovery"
	// OnSchemaChanged is a source whose schema is not what it was.
	OnSchemaChanged NotifyOn = "schemaChange"
)

func (n *Notification) fill() {
	if n.When == nil {
		n.When = []NotifyOn{OnFailure, OnRecovery, OnSchemaChanged}
	}
}
