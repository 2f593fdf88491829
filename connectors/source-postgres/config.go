package main

import (
	"knelt.dev/connectors/internal/kit"
	"knelt.dev/connectors/internal/postgres"
)

// config is described in spec.json.
type config struct {
	postgres.Config
	Schemas         []string `json:"schemas"`
	RecordsPerState int      `json:"records_per_state"`
	Replication     struct {
		Method string `json:"method"`
	} `json:"replication_method"`
}

func readConfig(c kit.Config) (config, error) {
	config := config{Config: postgres.Defaults(), Schemas: []string{"public"}, RecordsPerState: 10_000}
	if err := c.Into(&config); err != nil {
		return config, err
	}
	switch {
	case config.RecordsPerState < 1:
		return config, kit.ConfigError("records_per_state must be 1 or more")
	case len(config.Schemas) == 0:
		return config, kit.ConfigError("schemas is empty: name at least one")
	case config.Replication.Method != "" && config.Replication.Method != "Standard":
		return config, kit.ConfigError("replication_method: only Standard (by a cursor) is supported")
	}
	return config, config.Check()
}
