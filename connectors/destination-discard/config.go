package main

import (
	"slices"
	"strings"

	"knelt.dev/connectors/internal/kit"
)

// config is what spec.json describes.
type config struct {
	ReturnStates  string  `json:"return_states"`
	Echo          string  `json:"echo"`
	Stats         bool    `json:"stats"`
	Rate          float64 `json:"rate"`
	ExitCode      int     `json:"exit_code"`
	Fault         string  `json:"fault"`
	FaultAt       int64   `json:"fault_at"`
	IgnoreSIGTERM bool    `json:"ignore_sigterm"`
}

var (
	returns = []string{"all", "last", "none", "at_end"}
	faults  = []string{
		"none", "drop_state", "unknown_state", "swap_states", "swallow", "stop_reading",
		"exit", "kill", "trace_error", "hang_at_end", "print_records", "log_storm", "logs_at_end",
	}
)

// readConfig reads and checks the config. The defaults are spec.json's.
func readConfig(raw kit.Config) (config, error) {
	c := config{ReturnStates: "all", Echo: "exact", Fault: "none", FaultAt: 1}
	if err := raw.Into(&c); err != nil {
		return c, err
	}
	for _, choice := range []struct {
		property, given string
		known           []string
	}{
		{"return_states", c.ReturnStates, returns},
		{"echo", c.Echo, echoNames()},
		{"fault", c.Fault, faults},
	} {
		if !slices.Contains(choice.known, choice.given) {
			return c, kit.ConfigError("config: %s must be one of %s", choice.property, strings.Join(choice.known, ", "))
		}
	}
	if c.Rate < 0 || c.FaultAt < 1 || c.ExitCode < 0 || c.ExitCode > 255 {
		return c, kit.ConfigError("config: rate must be at least 0, fault_at at least 1, exit_code of 0 to 255")
	}
	return c, nil
}
