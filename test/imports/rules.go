package imports

// Rule is one row: what the subject's packages may not do, and why.
type Rule struct {
	// Subject is the packages the rule speaks of.
	Subject string
	// Waits tells that the subject's folder has no Go code yet. The rule then
	// demands just that, so that it cannot be forgotten when the code comes.
	Waits bool
	Check Check
	Why   string
}

const (
	goRedis   = "github.com/redis/go-redis/..."
	sqlite    = "modernc.org/sqlite/..."
	pgx       = "github.com/jackc/pgx/..."
	clientGo  = "k8s.io/..."
	knative   = "knative.dev/..."
	fiber     = "github.com/gofiber/..."
	cloudEvts = "github.com/cloudevents/..."

	registries = "github.com/google/go-containerregistry/..."
)

// Rules are the rows about single packages and libraries.
var Rules = []Rule{
	{
		"pkg/airbyte/...", false,
		LinksOnlyStandard{},
		"connector authors import it, and every line of every sync passes through it: it brings nobody else's code along",
	},
	{
		"pkg/lines/...", false,
		LinksOnlyStandard{},
		"connectors are built on it as on pkg/airbyte",
	},
	{
		"pkg/synclog/...", false,
		LinksOnlyStandard{},
		"logging has to work when everything else does not",
	},
	{
		"pkg/replication/...", false,
		LinksNone{"net/http", goRedis, sqlite, clientGo, knative, fiber, cloudEvts},
		"the relay knows streams of bytes: the same code serves a laptop, a pod and a test",
	},
	{
		"pkg/engine/...", false,
		LinksNone{clientGo, knative, fiber, cloudEvts},
		"one engine for the laptop and the cluster; what is particular to either stays outside",
	},
	{
		"pkg/connection/...", false,
		LinksNone{goRedis, sqlite, clientGo, knative},
		"a configuration can be read and judged without a store or a cluster",
	},
	{
		"...", false,
		OnlyIn{goRedis, []string{"pkg/store/redis/..."}},
		"what Redis does to a lease or a checkpoint is decided and tested in one place",
	},
	{
		"...", false,
		OnlyIn{sqlite, []string{"pkg/store/sqlite/...", "connectors/*sqlite/..."}},
		"its DSN has traps (busy_timeout before journal_mode): few places have to know them",
	},
	{
		"...", false,
		OnlyIn{fiber, []string{"pkg/host/..."}},
		"its traps (values live only in the handler, a client that leaves is not told, streams go round the body limit) are met in one place",
	},
	{
		"...", false,
		OnlyIn{"github.com/valyala/...", []string{"pkg/host/..."}},
		"what is true of Fiber is true of what is beneath it",
	},
	{
		"...", false,
		OnlyIn{"go.opentelemetry.io/otel/sdk/...", []string{"pkg/host/telemetry/..."}},
		"whoever measures needs OpenTelemetry's interfaces; what becomes of it is decided once a process, and costs 10 MB",
	},
	{
		"pkg/host", false,
		LinksNone{"go.opentelemetry.io/otel/sdk/...", "github.com/prometheus/..."},
		"a process that sends no telemetry does not link it",
	},
	{
		"pkg/host/...", false,
		LinksNone{goRedis, sqlite, clientGo, knative},
		"a function that needs no store and no cluster links neither",
	},
	{
		"pkg/dashboard/...", false,
		OfOurs{"pkg/dashboard/...", "pkg/host"},
		"the page asks the API and holds nothing itself: whatever serves the API can serve it",
	},
	{
		"...", false,
		OnlyIn{pgx, []string{"connectors/internal/postgres/...", "connectors/*-postgres/...", "test/..."}},
		"only our PostgreSQL connectors speak to one; the engine's stores are others",
	},
	{
		"...", false,
		OnlyIn{clientGo, []string{"pkg/connector/kube/...", "functions/internal/cluster/...", "test/knative/...", "test/kube/..."}},
		"whoever links it grows by 30 MB, and pods are made and understood in one place",
	},
	{
		"...", false,
		OnlyIn{registries, []string{"pkg/connector/kube/registry/..."}},
		"what a registry tells of an image is asked in one place",
	},
	{
		"pkg/connector/kube/resources/...", false,
		LinksNone{"k8s.io/client-go/..."},
		"objects are made of values alone: no client, context or clock",
	},
	{
		"connectors/...", false,
		OfOurs{"pkg/airbyte", "pkg/lines", "connectors/..."},
		"our connectors speak to the engine as a stranger's do: by the protocol, never by shared code of the engine",
	},
	{
		"cmd/knelt/...", false,
		LinksNone{clientGo, knative, fiber, cloudEvts},
		"a laptop's binary stays small and starts at once",
	},
	{
		"bridge/...", false,
		LinksNone{clientGo, knative, fiber, cloudEvts, sqlite},
		"it is copied into every connector's pod: small, static, and with little that can be attacked",
	},
	{
		"events/...", false,
		LinksNone{clientGo, knative, fiber, goRedis, sqlite},
		"whoever only reads or sends our events needs the types, not the system",
	},
	{
		"functions/...", false,
		LinksNone{sqlite},
		"a function's disk is gone with its pod: an embedded store there would lose checkpoints silently",
	},
}

// Layers lists the module from the ground up. A package imports only packages
// of lower layers, or of its own row's pattern.
var Layers = [][]string{
	{"pkg/airbyte/...", "pkg/lines/...", "pkg/synclog/..."},
	{"pkg/connector/...", "pkg/store/..."},
	{"pkg/replication/...", "pkg/connection/...", "bridge/..."},
	{"pkg/engine/...", "pkg/connector/kube/...", "events/..."},
	{"pkg/host/...", "test/redistest/..."},
	{"pkg/dashboard/..."},
	{"cmd/...", "functions/...", "connectors/...", "loadtest/...", "test/..."},
}
