package sidecar

import (
	"errors"
	"log/slog"
	"time"

	"knelt.dev/bridge/podfiles"
	"knelt.dev/bridge/secure"
)

// Config says what a sidecar is for. Zero durations and sizes mean the defaults.
type Config struct {
	// Dir is the pod's directory.
	Dir podfiles.Dir
	// Seed is the pod's seed.
	Seed secure.PodSeed
	// Connection and Sync are whose relays it obeys.
	Connection string
	Sync       int64
	// Lease reads the connection's lease.
	Lease Lease
	// TTL is the lease's time to live (default 15 s): it is read every third of
	// it.
	TTL time.Duration
	// Absence is how long nobody may hold the lease (default TTL/2): with the
	// reading it stays within the TTL.
	Absence time.Duration
	// Grace is between SIGTERM and SIGKILL when the bridge itself ends the
	// connector (default 10 s).
	Grace time.Duration
	// Window is how many bytes of stdout are kept for relays (default 64 MiB),
	// ErrWindow of stderr (default 1 MiB).
	Window, ErrWindow int64
	// Greeting is how long a connection may take to its ATTACH (default 10 s).
	Greeting time.Duration
	// Idle is after how long without a frame a PING is sent (default 5 s),
	// Silence after how long without any the relay is dead (default 15 s).
	Idle, Silence time.Duration
	// Linger is how long those who outlive the connector may hold its outputs
	// (default 5 s), and a launcher may take to end it after the grace.
	Linger time.Duration
	// Mourning is how long a restarted sidecar refuses relays before it exits
	// (default 1 min, for which a relay dials).
	Mourning time.Duration
	// Log is for the operator (default: none).
	Log *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" || c.Connection == "" || c.Sync <= 0 || c.Lease == nil {
		return c, errors.New("a sidecar needs a directory, a connection, a sync and a lease to watch")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	def(&c.TTL, 15*time.Second)
	def(&c.Absence, c.TTL/2)
	def(&c.Grace, 10*time.Second)
	def(&c.Window, 64<<20)
	def(&c.ErrWindow, 1<<20)
	def(&c.Greeting, 10*time.Second)
	def(&c.Idle, 5*time.Second)
	def(&c.Silence, 15*time.Second)
	def(&c.Linger, 5*time.Second)
	def(&c.Mourning, time.Minute)
	return c, nil
}

func def[T ~int64](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
