package cluster

import (
	"context"
	"log/slog"
	"os"

	"knelt.dev/functions/internal/documents"
	"knelt.dev/pkg/ask"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector/kube"
	"knelt.dev/pkg/engine"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
	"knelt.dev/pkg/synclog"
)

// Cluster is an engine on Kubernetes.
type Cluster struct {
	Settings Settings
	Engine   *engine.Engine
	Folder   documents.Folder

	store *redis.Store
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
	db, err := redis.Open(ctx, s.Store, redis.Options{})
	if err != nil {
		return nil, err
	}
	secrets := secrets{client: cfg.Client, namespace: cfg.Settings.Namespace}
	return &Cluster{
		Settings: s, Folder: documents.Folder(s.Connections), store: db,
		Engine: &engine.Engine{
			Store: db, Runtime: pods{runtime, runtime.Pods()}, Home: s.Home, Holder: store.ProcessHolder(),
			LeaseTTL: s.LeaseTTL, AnswersFor: s.AnswersFor, Log: log,
			Resolve: func(connection.Origin) (connection.Resolver, error) { return secrets, nil },
		},
	}, nil
}

// Asker is for functions that ask connectors.
func (c *Cluster) Asker() ask.Asker { return ask.Asker{Engine: c.Engine, Resources: c.Folder} }

// Ready tells whether the store can be reached.
func (c *Cluster) Ready(ctx context.Context) error {
	_, _, err := c.store.Memo(ctx, "ready")
	return err
}

// Close closes the store.
func (c *Cluster) Close() error { return c.store.Close() }

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
