package server

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/api/token"
	"knelt.dev/pkg/host"
)

// Tokens knows tokens; *token.File does.
type Tokens interface {
	Find(secret string, now time.Time) (token.Token, bool, error)
}

// caller is who asks.
type caller struct {
	name  string
	scope api.Scope
}

// may tells, as an error, that the caller's scope is not enough for what.
func (c caller) may(needed api.Scope, what string) error {
	if c.scope.Allows(needed) {
		return nil
	}
	return &host.Error{Cause: host.Forbidden, Detail: fmt.Sprintf("%s needs a token of the scope %s; this one has %s", what, needed, c.scope)}
}

// identify tells who asks, or why that is not known or not enough.
func (s *Server) identify(o api.Operation, c *host.Call) (caller, error) {
	who, err := s.known(c)
	switch {
	case err == nil:
		return who, who.may(o.Scope, "this")
	case o.Scope == api.None && errors.As(err, new(*anonymous)):
		return caller{}, nil
	}
	if limited := s.limits.fail(s.now()); limited != nil {
		return caller{}, limited
	}
	return caller{}, err
}

// anonymous is a request that does not say who asks.
type anonymous struct{ detail string }

func (a *anonymous) Error() string { return a.detail }

func (s *Server) known(c *host.Call) (caller, error) {
	header := cmp.Or(c.Header.Get(api.TokenHeader), c.Header.Get("Authorization"))
	if header == "" {
		if s.local.allow(c.Header) {
			return caller{"loopback", api.Admin}, nil
		}
		err := &anonymous{"send a token: Authorization: Bearer TOKEN (knelt token new makes one)"}
		return caller{}, host.Because(host.Unauthenticated, err)
	}
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || s.Tokens == nil {
		return caller{}, &host.Error{Cause: host.Unauthenticated, Detail: "the token is not known"}
	}
	t, ok, err := s.Tokens.Find(strings.TrimSpace(secret), s.now())
	switch {
	case err != nil:
		return caller{}, &host.Error{Cause: host.Unavailable, Detail: "the tokens cannot be read", Err: err}
	case !ok:
		return caller{}, &host.Error{Cause: host.Unauthenticated, Detail: "the token is not known"}
	}
	return caller{t.Name, t.Scope}, nil
}

// localAddresses are the hosts and origins of a server that is bound to loopback
// alone. A page of a stranger in a browser on this machine can reach it, too: by
// a name of its own that it has point here (DNS rebinding), which Host tells, or
// by sending without reading (cross-site requests), which Origin and
// Sec-Fetch-Site tell. Both are refused.
type localAddresses struct{ hosts []string }

func newLocalAddresses(addresses []string) (localAddresses, error) {
	l := localAddresses{}
	for _, address := range addresses {
		hostname, port, err := net.SplitHostPort(address)
		if err != nil {
			return l, fmt.Errorf("the local address %q: %w", address, err)
		}
		ip, err := netip.ParseAddr(hostname)
		if err != nil || !ip.IsLoopback() {
			return l, fmt.Errorf("%s is not loopback: who comes from elsewhere needs a token", address)
		}
		l.hosts = append(l.hosts, net.JoinHostPort(hostname, port), net.JoinHostPort("localhost", port))
		if port == "80" {
			l.hosts = append(l.hosts, hostname, "localhost")
		}
	}
	return l, nil
}

// allow tells whether a request without a token is let in.
func (l localAddresses) allow(h http.Header) bool {
	if !slices.Contains(l.hosts, strings.ToLower(h.Get("Host"))) || len(h.Values("Host")) != 1 {
		return false
	}
	if origin := h.Get("Origin"); origin != "" && !slices.Contains(l.hosts, strings.ToLower(strings.TrimPrefix(origin, "http://"))) {
		return false
	}
	switch h.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return false
}
