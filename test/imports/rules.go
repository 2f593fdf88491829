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
	kinds     = "k8s.io/api/..."
	clients   = "k8s.io/client-go/kubernetes/..."
	cloudEvts = "github.com/cloudevents/..."

	blobs  = "gocloud.dev/..."
	bucket = "pkg/synclog/bucket/..."

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
		"pkg/synclog", false,
		LinksOnlyStandard{},
		"logging has to work when everything else does not",
	},
	{
		"pkg/schedule/...", false,
		OfOurs{"pkg/schedule"},
		"what is due is decided by values alone, without a clock, a store or an event",
	},
	{
		"...", false,
		OnlyIn{"github.com/netresearch/go-cron/...", []string{"pkg/schedule/..."}},
		"it is asked for times of a wall clock only: what those mean where clocks are changed is decided in one place",
	},
	{
		"...", false,
		OnlyIn{blobs, []string{"pkg/synclog/bucket/..."}},
		"drivers of object storage weigh 20 MB, and what is kept there is decided in one place",
	},
	{
		"...", false,
		OnlyIn{bucket, []string{bucket, "functions/internal/logs/...", "functions/scheduler/...", "test/objectstore/..."}},
		"only what runs on a cluster links object storage: a laptop keeps its logs in files",
	},
	{
		"bridge/...", false,
		LinksNone{blobs},
		"it is copied into every connector's pod",
	},
	{
		"functions/check/...", false,
		LinksNone{blobs},
		"a function that runs no sync keeps no log of one",
	},
	{
		"functions/discover/...", false,
		LinksNone{blobs},
		"the same",
	},
	{
		"cmd/knelt/...", false,
		LinksNone{blobs},
		"a laptop's binary stays small and starts at once",
	},
	{
		"pkg/replication/...", false,
		LinksNone{"net/http", goRedis, sqlite, clientGo, knative, fiber, cloudEvts},
		"the relay knows streams of bytes: the same code serves a laptop, a pod and a test",
	},
	{
		"pkg/scheduler/...", false,
		LinksNone{goRedis, sqlite, clientGo, knative, fiber},
		"the same scheduler serves a laptop and a cluster; whoever makes it chooses store, documents and sink",
	},
	{
		"pkg/schemachange/...", false,
		LinksNone{"net/http", goRedis, sqlite, clientGo, knative, fiber, cloudEvts},
		"what differs is decided by values alone: no store, no clock, no connector",
	},
	{
		"pkg/engine/...", false,
		LinksNone{clientGo, knative, fiber, cloudEvts},
		"one engine for the laptop and the cluster; what is particular to either stays outside",
	},
	{
		"pkg/connection", false,
		LinksNone{goRedis, sqlite, clientGo, knative},
		"a configuration can be read and judged without a store or a cluster",
	},
	{
		"pkg/connection/...", false,
		LinksNone{goRedis, sqlite, fiber, "knative.dev/serving/...", "knative.dev/eventing/..."},
		"objects of the API server are documents, wherever their syncs are kept; of Knative they need the conditions alone",
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
		OnlyIn{clientGo, []string{"pkg/connector/kube/...", "pkg/connection/crd/...", "functions/internal/cluster/...", "pkg/api/client/cluster/...", "test/knative/...", "test/kube/...", "test/crds/..."}},
		"whoever links it grows by 30 MB; pods are made and understood in one place, and objects of our kinds are read and written in another; a client needs a kubeconfig's way alone",
	},
	{
		"...", false,
		OnlyIn{knative, []string{"pkg/connection/crd/...", "test/crds/..."}},
		"its conditions are a convention of the status of objects; everything else of Knative is used from outside, by HTTP",
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
		"pkg/api", false,
		LinksNone{goRedis, sqlite, clientGo, knative, fiber, cloudEvts},
		"what travels is read by clients that serve nothing",
	},
	{
		"pkg/api/client", false,
		LinksNone{goRedis, sqlite, clientGo, knative, fiber},
		"a client serves nothing and stores nothing",
	},
	{
		"pkg/api/client/cluster", false,
		LinksNone{goRedis, sqlite, kinds, clients, knative, fiber},
		"it is linked into the CLI: it reads a kubeconfig and sends HTTP",
	},
	{
		"connectors/...", false,
		OfOurs{"pkg/airbyte", "pkg/lines", "connectors/..."},
		"our connectors speak to the engine as a stranger's do: by the protocol, never by shared code of the engine",
	},
	{
		"cmd/knelt/...", false,
		LinksNone{kinds, clients, knative},
		"a laptop's binary stays small and starts at once: of client-go it has what reads a kubeconfig, for 4 MB, and none of the kinds, which are 30; the function host, with Fiber, is in it for knelt serve alone, for 6 MB and half a millisecond at the start",
	},
	{
		"bridge/...", false,
		LinksNone{clientGo, knative, fiber, cloudEvts, sqlite},
		"it is copied into every connector's pod: small, static, and with little that can be attacked",
	},
	{
		"pkg/notify/...", false,
		LinksNone{goRedis, sqlite, clientGo, knative, fiber},
		"whoever has the events can tell webhooks of them",
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
	{"pkg/airbyte/...", "pkg/lines/...", "pkg/rawio/...", "pkg/synclog/...", "pkg/schedule/..."},
	{"pkg/connector/...", "pkg/store/..."},
	{"pkg/replication/...", "pkg/connection/...", "bridge/..."},
	{"pkg/schemachange/..."},
	{"pkg/engine/...", "pkg/connector/kube/...", "events/..."},
	{"pkg/host/...", "pkg/scheduler/...", "pkg/notify/...", "pkg/observe/...", "pkg/connection/crd/...", "test/redistest/..."},
	{"pkg/ask/...", "functions/sync/handler/..."},
	{"pkg/api/...", "pkg/dashboard/..."},
	{"cmd/...", "functions/...", "connectors/...", "loadtest/...", "test/..."},
	{"test/monitoring/..."},
}
