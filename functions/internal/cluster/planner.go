package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"time"

	"knelt.dev/functions/internal/documents"
	"knelt.dev/pkg/api/server"
	"knelt.dev/pkg/connection/crd"
	"knelt.dev/pkg/connector/kube"
	"knelt.dev/pkg/host"
	"knelt.dev/pkg/scheduler"
	"knelt.dev/pkg/store/redis"
)

// Planner is what the scheduler and the API need of a cluster: it starts nothing,
// so that it knows no bridge and needs few rights.
type Planner struct {
	Settings  PlannerSettings
	Store     *redis.Store
	Documents Planned
	// Objects are the Documents where those are objects of the API server, else nil.
	Objects *crd.Objects

	sweeper *kube.Sweeper
	secrets secrets
}

// Planned are documents for the scheduler, and for the API.
type Planned interface {
	scheduler.Documents
	server.Documents
}

// PlannerSettings are read from the environment. KNELT_STORE, KNELT_CONNECTIONS,
// KNELT_NAMESPACES, KNELT_LOGS and K_SINK are as of Settings, and
//
//	KNELT_TICK                 how often the scheduler ticks by itself: "10s";
//	                           unset: only when it is asked to
//	KNELT_CONNECTOR_NAMESPACE  where what crashed syncs left is removed; unset:
//	                           nowhere
//	KNELT_ACCESS_FILE          file of the API's tokens; while it is not there,
//	                           nobody is let in
//	KNELT_CHECK, KNELT_DISCOVER  URLs of those functions, for the API; needed
//	KNELT_DASHBOARD            URL of the dashboard, for links in notifications
//	KNELT_WEBHOOKS_ALLOW       addresses that webhooks may have although they are
//	                           of machines and metadata services: "127.0.0.1"
type PlannerSettings struct {
	Settings
	Tick                       time.Duration
	Namespace, Tokens          string
	Check, Discover, Dashboard string
	WebhooksAllow              []netip.Prefix
}

// OpenPlanner makes a Planner by the process's environment. Close closes it.
func OpenPlanner(ctx context.Context) (*Planner, error) {
	s, err := plannerFromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	p := &Planner{Settings: s}
	if err := p.connect(); err != nil {
		return nil, err
	}
	if err := p.find(); err != nil {
		return nil, err
	}
	p.Store, err = redis.Open(ctx, s.Store, redis.Options{})
	return p, err
}

// connect connects to the API server for all but the documents.
func (p *Planner) connect() error {
	if p.Settings.Namespace == "" {
		return nil
	}
	client, err := kube.InCluster()
	if err != nil {
		return err
	}
	p.sweeper = kube.NewSweeper(client, p.Settings.Namespace)
	p.secrets = secrets{client: client, home: p.Settings.Namespace, namespaces: p.Settings.Namespaces}
	return nil
}

// find makes the Documents.
func (p *Planner) find() (err error) {
	if p.Settings.Connections != "" {
		p.Documents = documents.Shown{Folder: documents.Folder(p.Settings.Connections)}
		return nil
	}
	p.Objects, err = openObjects(p.Settings.Namespaces)
	p.Documents = objects{p.Objects}
	return err
}

func plannerFromEnv(get func(string) string) (s PlannerSettings, err error) {
	shared, err := FromEnv(get)
	s = PlannerSettings{
		Settings: shared, Namespace: get("KNELT_CONNECTOR_NAMESPACE"), Tokens: get("KNELT_ACCESS_FILE"),
		Check: get("KNELT_CHECK"), Discover: get("KNELT_DISCOVER"), Dashboard: get("KNELT_DASHBOARD"),
	}
	if len(s.Namespaces) == 0 && s.Namespace != "" {
		s.Namespaces = []string{s.Namespace}
	}
	var sink, tick, allow error
	if s.Sink == "" {
		sink = errors.New("K_SINK must be where requests for syncs are sent, such as a Broker")
	}
	s.Tick, tick = duration(get, "KNELT_TICK", 0)
	s.WebhooksAllow, allow = prefixes(get("KNELT_WEBHOOKS_ALLOW"))
	return s, errors.Join(err, sink, tick, allow)
}

// prefixes reads addresses and ranges, with commas between.
func prefixes(text string) (all []netip.Prefix, err error) {
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		p, err := netip.ParsePrefix(one)
		if err != nil {
			a, notAddress := netip.ParseAddr(one)
			if notAddress != nil {
				return nil, fmt.Errorf("KNELT_WEBHOOKS_ALLOW: %q is neither an address nor a range such as 10.0.0.0/8", one)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		all = append(all, p)
	}
	return all, nil
}

// Serve serves functions under one name until the platform ends them.
func (p *Planner) Serve(ctx context.Context, name string, all ...host.Function) error {
	return serveFunctions(ctx, name, p.ready, all...)
}

func (p *Planner) ready(ctx context.Context) error {
	_, _, err := p.Store.Memo(ctx, "ready")
	return err
}

// Close closes the store, and ends watches.
func (p *Planner) Close() error {
	if p.Objects != nil {
		p.Objects.Close()
	}
	return p.Store.Close()
}

// leftover is how old must be what is swept: clocks differ, and a sync begins
// before its lease can be seen.
const leftover = 5 * time.Minute

// Sweep removes what crashed syncs left; nothing where no namespace is set.
func (p *Planner) Sweep(ctx context.Context) error {
	if p.sweeper == nil {
		return nil
	}
	removed, err := p.sweeper.Sweep(ctx, leftover, p.live)
	for _, r := range removed {
		slog.InfoContext(ctx, "removed what a sync left", "kind", r.Kind, "name", r.Name, "reason", r.Reason)
	}
	return err
}

// live tells whether a sync has a lease, or awaits a successor.
func (p *Planner) live(ctx context.Context, connection string, sync int64) (bool, error) {
	lease, ok, err := p.Store.LeaseOf(ctx, connection)
	if err != nil {
		return false, fmt.Errorf("looking for the lease: %w", err)
	}
	return ok && (lease.SyncID == sync || lease.SyncID == 0), nil
}
