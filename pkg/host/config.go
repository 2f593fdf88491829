package host

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"
)

// Config are the settings of a host. Use Default or FromEnv, and change what is
// to be different.
type Config struct {
	// Addr to listen on, "HOST:PORT". An empty host is all addresses, of IPv4
	// and IPv6.
	Addr string
	// RequestTimeout is after what time the platform ends a request (the
	// Revision's timeoutSeconds); 0: never. Handlers get Margin less.
	RequestTimeout, Margin time.Duration
	// DrainTimeout is how long a host that has to end waits for answers.
	DrainTimeout time.Duration
	// Concurrency is how many requests are handled at once; 0: any number.
	// Probes do not count.
	Concurrency int
	// BodyLimit is how many bytes a request's body may have.
	BodyLimit int
	// ReadTimeout is how long a request may take to arrive.
	ReadTimeout time.Duration
	// Log for what happens; a line per request.
	Log *slog.Logger
}

// Default settings.
func Default() Config {
	return Config{
		Addr:   ":8080",
		Margin: 15 * time.Second, DrainTimeout: 30 * time.Second,
		BodyLimit: 8 << 20, ReadTimeout: time.Minute,
		Log: slog.Default(),
	}
}

// FromEnv reads settings from an environment, as os.Environ gives it:
//
//	PORT                   port to listen on (8080)
//	KNELT_REQUEST_TIMEOUT  RequestTimeout: "600s", or seconds as a number (0)
//	KNELT_REQUEST_MARGIN   Margin (15s)
//	KNELT_DRAIN_TIMEOUT    DrainTimeout (30s)
//	KNELT_CONCURRENCY      Concurrency (0)
//	KNELT_BODY_LIMIT       BodyLimit in bytes (8388608)
//
// The error names every variable that is wrong.
func FromEnv(environ []string) (Config, error) {
	e := env{}
	for _, assignment := range environ {
		if name, value, ok := strings.Cut(assignment, "="); ok && value != "" {
			e.put(name, value)
		}
	}
	c := Default()
	port := 8080
	e.number("PORT", &port, 65535)
	c.Addr = net.JoinHostPort("", strconv.Itoa(port))
	e.duration("KNELT_REQUEST_TIMEOUT", &c.RequestTimeout)
	e.duration("KNELT_REQUEST_MARGIN", &c.Margin)
	e.duration("KNELT_DRAIN_TIMEOUT", &c.DrainTimeout)
	e.number("KNELT_CONCURRENCY", &c.Concurrency, 1<<30)
	e.number("KNELT_BODY_LIMIT", &c.BodyLimit, 1<<30)
	return c, errors.Join(append(e.wrong, c.check())...)
}

// check tells what does not fit together.
func (c Config) check() error {
	switch {
	case c.BodyLimit <= 0:
		return errors.New("the body limit must be positive")
	case c.Concurrency < 0 || c.RequestTimeout < 0 || c.Margin < 0 || c.DrainTimeout < 0:
		return errors.New("a setting of the host is negative")
	case c.RequestTimeout > 0 && c.Margin >= c.RequestTimeout:
		return fmt.Errorf("the margin of %s leaves nothing of the request timeout of %s", c.Margin, c.RequestTimeout)
	}
	return nil
}

// env reads variables and collects what is wrong with them.
type env struct {
	values map[string]string
	wrong  []error
}

func (e *env) put(name, value string) {
	if e.values == nil {
		e.values = map[string]string{}
	}
	e.values[name] = value
}

func (e *env) number(name string, to *int, most int) {
	text, ok := e.values[name]
	if !ok {
		return
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		e.wrong = append(e.wrong, fmt.Errorf("%s is %q, must be a whole number from 0 to %d", name, text, most))
		return
	}
	*to = n
}

func (e *env) duration(name string, to *time.Duration) {
	text, ok := e.values[name]
	if !ok {
		return
	}
	if seconds, err := strconv.Atoi(text); err == nil {
		text = strconv.Itoa(seconds) + "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		e.wrong = append(e.wrong, fmt.Errorf("%s is %q, must be a duration such as \"600s\"", name, text))
		return
	}
	*to = d
}
