package api

import (
	"encoding/json"
	"net/http"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/synclog"
)

// Base is where the paths of the operations begin.
const Base = "/api/v1"

// OpenAPIPath is where the OpenAPI document is served, to everybody.
const OpenAPIPath = "/api/openapi.json"

// OperationID names an operation.
type OperationID string

// Operation is one thing that can be done.
type Operation struct {
	ID     OperationID
	Method string
	// Path below Base, with {parameters}.
	Path string
	// Scope that is needed. What a body asks for may need more, as it says.
	Scope   Scope
	Summary string
	Query   []Parameter
	// Body is a value of the type of the request's body; nil: it has none.
	Body any
	// Optional tells that the body may be left out.
	Optional bool
	// Status and Answer of what was done; a nil Answer is an empty body.
	Status int
	Answer any
	// Stream are the server-sent events of the answer, instead of Answer: the data
	// of each by its name.
	Stream map[string]any
	// Once tells that an Idempotency-Key is heeded.
	Once bool
}

// Parameter of a query.
type Parameter struct {
	Name, Description string
	// Type is string, integer, boolean or date-time.
	Type string
	Enum []string
}

// The operations.
const (
	ListConnections  OperationID = "listConnections"
	GetConnection    OperationID = "getConnection"
	PauseConnection  OperationID = "pauseConnection"
	ResumeConnection OperationID = "resumeConnection"
	GetState         OperationID = "getState"
	PutState         OperationID = "putState"
	ListSyncs        OperationID = "listSyncs"
	StartSync        OperationID = "startSync"
	GetSync          OperationID = "getSync"
	CancelSync       OperationID = "cancelSync"
	GetLogs          OperationID = "getLogs"
	FollowLogs       OperationID = "followLogs"
	FollowSync       OperationID = "followSync"
	FollowAll        OperationID = "followAll"
	GetCounts        OperationID = "getCounts"
	CheckResource    OperationID = "check"
	DiscoverResource OperationID = "discover"
	SpecResource     OperationID = "spec"
	ListSources      OperationID = "listSources"
	ListDestinations OperationID = "listDestinations"
	GetVersion       OperationID = "getVersion"
	GetWhoami        OperationID = "whoami"
)

const (
	ofConnection = "/connections/{namespace}/{name}"
	ofSync       = ofConnection + "/syncs/{id}"
)

var (
	paging = []Parameter{
		{Name: "limit", Type: "integer", Description: "items of the page, 1 to 500; 50 if it is left out"},
		{Name: "cursor", Type: "string", Description: "the page's beginning: next of the page before"},
	}
	connectionFilters = []Parameter{
		{Name: "search", Type: "string", Description: "only those whose namespace, name, source or destination holds this, in any case"},
		{Name: "status", Type: "string", Enum: texts(statuses), Description: "only those that stand so; may be repeated"},
		{Name: "paused", Type: "boolean", Description: "only those that are paused, or that are not"},
	}
	logFilters = []Parameter{
		{Name: "attempt", Type: "integer", Description: "the attempt; the last one if it is left out"},
		{Name: "level", Type: "string", Enum: []string{"fatal", "error", "warn", "info", "debug", "trace"}, Description: "only lines of this level or graver"},
		{Name: "origin", Type: "string", Enum: []string{"engine", "source", "destination"}, Description: "only lines of this origin; may be repeated"},
		{Name: "search", Type: "string", Description: "only lines whose message holds this, in any case"},
		{Name: "since", Type: "date-time", Description: "only lines that are not older"},
	}
	logPaging = []Parameter{
		{Name: "offset", Type: "integer", Description: "lines to pass over, of those that are chosen; negative: so many before the end"},
		{Name: "limit", Type: "integer", Description: "lines of the page, 1 to 500; 50 if it is left out"},
	}
)

// Operations is the one table of what can be done.
var Operations = []Operation{
	{ID: ListConnections, Method: http.MethodGet, Path: "/connections", Scope: Read, Summary: "List connections, by namespace and name", Query: join(connectionFilters, paging), Status: http.StatusOK, Answer: Page[Connection]{}},
	{ID: GetConnection, Method: http.MethodGet, Path: ofConnection, Scope: Read, Summary: "Show a connection", Status: http.StatusOK, Answer: ConnectionDetail{}},
	{ID: PauseConnection, Method: http.MethodPost, Path: ofConnection + "/pause", Scope: Run, Summary: "Start nothing of it by itself any more; what runs is not ended", Status: http.StatusOK, Answer: Connection{}},
	{ID: ResumeConnection, Method: http.MethodPost, Path: ofConnection + "/resume", Scope: Run, Summary: "Let its schedule go on", Status: http.StatusOK, Answer: Connection{}},
	{ID: GetState, Method: http.MethodGet, Path: ofConnection + "/state", Scope: Read, Summary: "Show where it goes on from", Status: http.StatusOK, Answer: State{}},
	{ID: PutState, Method: http.MethodPut, Path: ofConnection + "/state", Scope: Admin, Summary: "Replace where it goes on from; 409 while it is being synced, 412 if it is not any more what If-Match names", Body: State{}, Status: http.StatusOK, Answer: State{}},
	{ID: ListSyncs, Method: http.MethodGet, Path: ofConnection + "/syncs", Scope: Read, Summary: "List its syncs, newest first", Query: paging, Status: http.StatusOK, Answer: Page[SyncRow]{}},
	{ID: StartSync, Method: http.MethodPost, Path: ofConnection + "/syncs", Scope: Run, Summary: "Sync it now; 409 while it is being synced. A reset needs the scope admin", Body: SyncWish{}, Optional: true, Status: http.StatusAccepted, Answer: Accepted{}, Once: true},
	{ID: GetSync, Method: http.MethodGet, Path: ofSync, Scope: Read, Summary: "Show a sync with its attempts and ledgers", Status: http.StatusOK, Answer: Sync{}},
	{ID: CancelSync, Method: http.MethodPost, Path: ofSync + "/cancel", Scope: Run, Summary: "End a running sync; what the destination has committed is kept", Status: http.StatusAccepted, Answer: Sync{}},
	{ID: GetLogs, Method: http.MethodGet, Path: ofSync + "/logs", Scope: Read, Summary: "Show a part of a sync's log", Query: join(logFilters, logPaging), Status: http.StatusOK, Answer: LogPage{}},
	{ID: FollowLogs, Method: http.MethodGet, Path: ofSync + "/logs/follow", Scope: Read, Summary: "Follow a sync's log; Last-Event-ID goes on behind that line", Query: join(logFilters, []Parameter{{Name: "tail", Type: "integer", Description: "begin with the last so many lines; with all if it is left out"}}), Status: http.StatusOK, Stream: map[string]any{"line": synclog.Entry{}, "end": End{}}},
	{ID: FollowSync, Method: http.MethodGet, Path: ofSync + "/events", Scope: Read, Summary: "Follow how a sync goes", Status: http.StatusOK, Stream: map[string]any{"progress": Progress{}, "end": End{}}},
	{ID: FollowAll, Method: http.MethodGet, Path: "/events", Scope: Read, Summary: "Follow the rows of connections that change", Status: http.StatusOK, Stream: map[string]any{"row": Connection{}, "end": End{}}},
	{ID: GetCounts, Method: http.MethodGet, Path: "/counts", Scope: Read, Summary: "Count connections", Status: http.StatusOK, Answer: Counts{}},
	{ID: CheckResource, Method: http.MethodPost, Path: "/check", Scope: Run, Summary: "Ask a connector whether its config works", Body: Question{}, Status: http.StatusOK, Answer: CheckAnswer{}},
	{ID: DiscoverResource, Method: http.MethodPost, Path: "/discover", Scope: Run, Summary: "Ask a source for its catalog", Body: Question{}, Status: http.StatusOK, Answer: airbyte.StreamCatalog{}},
	{ID: SpecResource, Method: http.MethodPost, Path: "/spec", Scope: Run, Summary: "Ask a connector for its spec", Body: Question{}, Status: http.StatusOK, Answer: json.RawMessage{}},
	{ID: ListSources, Method: http.MethodGet, Path: "/sources", Scope: Read, Summary: "List sources", Query: paging, Status: http.StatusOK, Answer: Page[Resource]{}},
	{ID: ListDestinations, Method: http.MethodGet, Path: "/destinations", Scope: Read, Summary: "List destinations", Query: paging, Status: http.StatusOK, Answer: Page[Resource]{}},
	{ID: GetVersion, Method: http.MethodGet, Path: "/version", Scope: None, Summary: "Which build this is", Status: http.StatusOK, Answer: Version{}},
	{ID: GetWhoami, Method: http.MethodGet, Path: "/whoami", Scope: Read, Summary: "What the token may do", Status: http.StatusOK, Answer: Whoami{}},
}

func join(lists ...[]Parameter) []Parameter {
	var all []Parameter
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// Of gives an operation; one that is not in the table is a mistake of the
// program.
func Of(id OperationID) Operation {
	for _, o := range Operations {
		if o.ID == id {
			return o
		}
	}
	panic("no operation " + string(id))
}
