package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"k8s.io/client-go/rest"

	"knelt.dev/events"
	"knelt.dev/functions/internal/documents"
	"knelt.dev/pkg/ask"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connection/crd"
	"knelt.dev/pkg/connector/kube"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/observe"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
	"knelt.dev/pkg/synclog"
)

// Cluster is an engine on Kubernetes.
type Cluster struct {
	Settings  Settings
	Engine    *engine.Engine
	Documents Documents
	// Objects are the Documents where those are objects of the API server, else nil.
	Objects *crd.Objects
	// Observer measures what the engine does.
	Observer *observe.Observer

	store *redis.Store
}

// Documents finds what requests name.
type Documents interface {
	Get(ctx context.Context, ref events.Ref) (*events.Documents, error)
	Resource(ctx context.Context, r events.Resource) (*events.Document, error)
}

// Open makes it by the process's environment. Close closes it.
func Open(ctx context.Context) (*Cluster, error) {
	s, err := FromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	cfg, err := kube.FromEnvironment(os.Environ())
	if err != nil {
		return nil, err
	}
	runtime, err := kube.New(cfg)
	if err != nil {
		return nil, err
	}
	c := &Cluster{Settings: s}
	if len(s.Namespaces) == 0 {
		c.Settings.Namespaces = []string{cfg.Settings.Namespace}
	}
	if err := c.find(); err != nil {
		return nil, err
	}
	if c.store, err = redis.Open(ctx, s.Store, redis.Options{}); err != nil {
		return nil, err
	}
	if c.Observer, err = observe.New(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	secrets := secrets{client: cfg.Client, home: cfg.Settings.Namespace, namespaces: c.Settings.Namespaces}
	c.Engine = &engine.Engine{
		Store: c.Observer.Store(c.store), Runtime: observe.Pods(pods{runtime, runtime.Pods()}), Home: s.Home, Holder: store.ProcessHolder(),
		LeaseTTL: s.LeaseTTL, AnswersFor: s.AnswersFor, Log: log,
		Resolve: func(_ connection.Origin, namespace string) (connection.Resolver, error) { return secrets.of(namespace) },
	}
	return c, nil
}

// find makes the Documents.
func (c *Cluster) find() (err error) {
	if c.Settings.Connections != "" {
		c.Documents = documents.Folder(c.Settings.Connections)
		return nil
	}
	c.Objects, err = openObjects(c.Settings.Namespaces)
	c.Documents = c.Objects
	return err
}

// openObjects connects to the API server for its objects.
func openObjects(namespaces []string) (*crd.Objects, error) {
	settings, err := rest.InClusterConfig()
	if err != nil {
		return nil, fmt.Errorf("documents are objects of a cluster: %w", err)
	}
	// The status of all objects is written where thousands are new at once, and a
	// tick waits for that. The API server has its own ways to slow us down.
	settings.QPS, settings.Burst = 200, 400
	return crd.New(settings, namespaces...)
}

// Asker is for functions that ask connectors.
func (c *Cluster) Asker() ask.Asker { return ask.Asker{Engine: c.Engine, Resources: c.Documents} }

// Ready tells whether the store can be reached.
func (c *Cluster) Ready(ctx context.Context) error {
	_, _, err := c.store.Memo(ctx, "ready")
	return err
}

// Close closes the store, and ends watches.
func (c *Cluster) Close() error {
	if c.Objects != nil {
		c.Objects.Close()
	}
	return c.store.Close()
}

// pods is the runtime as the engine wants it.
type pods struct {
	*kube.Cluster
	kube.Pods
}

var _ engine.Pods = pods{}

// log writes a sync's log to the function's own, where the cluster's collectors
// find it.
func log(s engine.SyncName, e synclog.Entry) {
	slog.Log(context.Background(), levels[e.Level], e.Message,
		"connection", s.Connection, "sync", s.Sync, "attempt", s.Attempt, "origin", string(e.Origin))
}

var levels = map[synclog.Level]slog.Level{
	"FATAL": slog.LevelError, "ERROR": slog.LevelError, "WARN": slog.LevelWarn, "DEBUG": slog.LevelDebug, "TRACE": slog.LevelDebug,
}
