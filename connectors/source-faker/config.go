package main

import (
	"maps"
	"slices"
	"strings"

	"knelt.dev/connectors/internal/kit"
	"knelt.dev/pkg/airbyte"
)

// config is what spec.json describes.
type config struct {
	Count           int64             `json:"count"`
	Seed            uint64            `json:"seed"`
	Streams         []string          `json:"streams"`
	Namespace       string            `json:"namespace"`
	StateKind       airbyte.StateKind `json:"state_kind"`
	RecordsPerState int64             `json:"records_per_state"`
	RecordBytes     int               `json:"record_bytes"`
	Rate            float64           `json:"rate"`
	Statuses        bool              `json:"statuses"`
	AlwaysUpdated   bool              `json:"always_updated"`
	FailAt          int64             `json:"fail_at"`
	FailMode        string            `json:"fail_mode"`
	IgnoreSIGTERM   bool              `json:"ignore_sigterm"`
	Noise           []string          `json:"noise"`
	NoiseEvery      int64             `json:"noise_every"`
	APIKey          string            `json:"api_key"`
}

// readConfig reads and checks the config. The defaults are spec.json's.
func readConfig(raw kit.Config) (config, error) {
	c := config{
		Count: 1000, Seed: 42, StateKind: airbyte.StreamState, RecordsPerState: 1000,
		Statuses: true, FailMode: "exit1", NoiseEvery: 100,
	}
	if err := raw.Into(&c); err != nil {
		return c, err
	}
	return c, c.validate()
}

func (c config) validate() error {
	kinds := []string{string(airbyte.StreamState), string(airbyte.GlobalState), string(airbyte.LegacyState)}
	for _, choice := range []struct {
		property string
		given    []string
		known    []string
	}{
		{"state_kind", []string{string(c.StateKind)}, kinds},
		{"fail_mode", []string{c.FailMode}, slices.Sorted(maps.Keys(failures))},
		{"noise", c.Noise, slices.Sorted(maps.Keys(noises))},
		{"streams", c.Streams, streamNames},
	} {
		for _, word := range choice.given {
			if !slices.Contains(choice.known, word) {
				return kit.ConfigError("config: %s must be of %s", choice.property, strings.Join(choice.known, ", "))
			}
		}
	}
	return c.validateNumbers()
}

func (c config) validateNumbers() error {
	for _, number := range []struct {
		property   string
		value, low float64
	}{
		{"count", float64(c.Count), 0},
		{"records_per_state", float64(c.RecordsPerState), 1},
		{"record_bytes", float64(c.RecordBytes), 0},
		{"rate", c.Rate, 0},
		{"fail_at", float64(c.FailAt), 0},
		{"noise_every", float64(c.NoiseEvery), 1},
	} {
		if number.value < number.low {
			return kit.ConfigError("config: %s must be at least %v", number.property, number.low)
		}
	}
	return nil
}
