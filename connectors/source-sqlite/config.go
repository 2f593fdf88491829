package main

import "knelt.dev/connectors/internal/kit"

// config is described in spec.json.
type config struct {
	Path            string   `json:"path"`
	Tables          []string `json:"tables"`
	RecordsPerState int      `json:"records_per_state"`
	LockTimeoutMS   int      `json:"lock_timeout_ms"`
}

func readConfig(c kit.Config) (config, error) {
	config := config{RecordsPerState: 10_000, LockTimeoutMS: 30_000}
	if err := c.Into(&config); err != nil {
		return config, err
	}
	switch {
	case config.Path == "":
		return config, kit.ConfigError("path is missing: name the SQLite file to read")
	case config.RecordsPerState < 1:
		return config, kit.ConfigError("records_per_state must be 1 or more")
	case config.LockTimeoutMS < 0:
		return config, kit.ConfigError("lock_timeout_ms must be 0 or more")
	}
	return config, nil
}
