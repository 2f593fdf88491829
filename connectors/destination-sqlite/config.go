package main

import (
	"time"

	"knelt.dev/connectors/internal/kit"
)

// config is described in spec.json.
type config struct {
	Path          string `json:"path"`
	TablePrefix   string `json:"table_prefix"`
	CommitRows    int    `json:"commit_rows"`
	CommitMS      int    `json:"commit_ms"`
	LockTimeoutMS int    `json:"lock_timeout_ms"`
}

func readConfig(c kit.Config) (config, error) {
	config := config{CommitRows: 20_000, CommitMS: 500, LockTimeoutMS: 30_000}
	if err := c.Into(&config); err != nil {
		return config, err
	}
	switch {
	case config.Path == "":
		return config, kit.ConfigError("path is missing: name the SQLite file to write")
	case config.CommitRows < 1:
		return config, kit.ConfigError("commit_rows must be 1 or more")
	case config.CommitMS < 1:
		return config, kit.ConfigError("commit_ms must be 1 or more")
	case config.LockTimeoutMS < 0:
		return config, kit.ConfigError("lock_timeout_ms must be 0 or more")
	}
	return config, nil
}

func (c config) commitAfter() time.Duration { return time.Duration(c.CommitMS) * time.Millisecond }
