package postgres

import (
	"cmp"

	"knelt.dev/connectors/internal/kit"
)

// Config names a database and who connects to it. It is embedded in the configs of
// connectors; spec.json describes it.
type Config struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Database string `json:"database"`
	Username string `json:"username"`
	// User is another name of Username.
	User       string  `json:"user"`
	Password   string  `json:"password"`
	SSL        SSLMode `json:"ssl_mode"`
	Parameters string  `json:"jdbc_url_params"`
	Tunnel     struct {
		Method string `json:"tunnel_method"`
	} `json:"tunnel_method"`
	LockTimeoutMS int `json:"lock_timeout_ms"`
}

// Defaults is a config with what need not be said.
func Defaults() Config {
	return Config{Port: 5432, SSL: SSLMode{Mode: "prefer"}, LockTimeoutMS: 30_000}
}

// Check tells what is wrong with a config, as a ConfigError.
func (c Config) Check() error {
	switch {
	case c.Host == "":
		return kit.ConfigError("host is missing: name the server")
	case c.Port < 1 || c.Port > 65535:
		return kit.ConfigError("port must be 1 to 65535")
	case c.Database == "":
		return kit.ConfigError("database is missing: name the database")
	case c.user() == "":
		return kit.ConfigError("username is missing: name who connects")
	case c.LockTimeoutMS < 0:
		return kit.ConfigError("lock_timeout_ms must be 0 or more")
	case c.Tunnel.Method != "" && c.Tunnel.Method != "NO_TUNNEL":
		return kit.ConfigError("tunnel_method: only NO_TUNNEL is supported: make the tunnel outside of the connector")
	}
	return nil
}

func (c Config) user() string { return cmp.Or(c.Username, c.User) }
