package postgres

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"knelt.dev/connectors/internal/kit"
)

// parameters are what can be said in jdbc_url_params: the names of JDBC's driver,
// and those of libpq.
type parameters struct {
	timeout time.Duration
	// session are settings of the server.
	session map[string]string
}

// parseParameters reads name=value&name=value. What is not known is an error:
// somebody counts on it.
func parseParameters(text string) (parameters, error) {
	p := parameters{timeout: 30 * time.Second, session: map[string]string{"application_name": "knelt"}}
	for pair := range strings.SplitSeq(strings.TrimPrefix(text, "?"), "&") {
		if pair == "" {
			continue
		}
		name, raw, _ := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(raw)
		if err != nil {
			return p, kit.ConfigError("jdbc_url_params: the value of %s is not well escaped", name)
		}
		if err := p.set(name, value); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p *parameters) set(name, value string) error {
	switch name {
	case "connectTimeout", "connect_timeout":
		seconds, err := strconv.Atoi(value)
		if err != nil || seconds < 0 {
			return kit.ConfigError("jdbc_url_params: %s must be a number of seconds", name)
		}
		p.timeout = time.Duration(seconds) * time.Second
	case "ApplicationName", "application_name":
		p.session["application_name"] = value
	case "currentSchema", "search_path":
		p.session["search_path"] = value
	case "options":
		p.session["options"] = value
	default:
		return kit.ConfigError("jdbc_url_params: %q is not known: known are connectTimeout, ApplicationName, currentSchema and options", name)
	}
	return nil
}
