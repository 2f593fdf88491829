package main

import (
	"time"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/connectors/internal/postgres"
)

// config is described in spec.json.
type config struct {
	postgres.Config
	Schema      string `json:"schema"`
	TablePrefix string `json:"table_prefix"`
	CommitRows  int    `json:"commit_rows"`
	CommitMS    int    `json:"commit_ms"`
}

func readConfig(c kit.Config) (config, error) {
	config := config{Config: postgres.Defaults(), Schema: "public", CommitRows: 50_000, CommitMS: 1000}
	if err := c.Into(&config); err != nil {
		return config, err
	}
	switch {
	case config.Schema == "":
		return config, kit.ConfigError("schema is empty: name the one for streams without a namespace")
	case config.CommitRows < 1:
		return config, kit.ConfigError("commit_rows must be 1 or more")
	case config.CommitMS < 1:
		return config, kit.ConfigError("commit_ms must be 1 or more")
	}
	return config, config.Check()
}

func (c config) commitAfter() time.Duration { return time.Duration(c.CommitMS) * time.Millisecond }
