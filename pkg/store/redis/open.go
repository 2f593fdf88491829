package redis

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Open connects to the Redis at address and asks whether it answers. The forms
// of an address, with user and password where they are needed, and options of
// go-redis as parameters:
//
//	redis://[USER:PASSWORD@]HOST:6379/DB     one server; rediss:// with TLS
//	unix:///path/to/redis.sock               one server
//	redis+cluster://HOST:6379?addr=HOST2:6379
//	redis+sentinel://HOST:26379/DB?master_name=NAME&addr=HOST2:26379
//
// With TLS (rediss://, rediss+cluster://, rediss+sentinel://) the parameters ca,
// cert and key name who is trusted in place of the system's authorities, and by
// what the client proves itself: PEM in base64, so that an address in a Secret
// is all that is needed, or the absolute path of a file.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	db, err := client(address)
	if err != nil {
		return nil, err
	}
	if err := db.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(explain(ctx, "open the store in Redis at "+place(address), err), db.Close())
	}
	return New(db, o), nil
}

// go-redis writes to standard error by itself. What it says there also comes
// back in errors, and a command line's output is not its own.
func init() { logging.Disable() }

// client reads an address. The client keeps to a context's deadline, which
// go-redis does only when told; it dials once a try, for it tries a command
// several times anyway; and it sends nothing that a narrow ACL would have to
// allow: neither its name nor a wish for maintenance messages.
func client(address string) (redis.UniversalClient, error) {
	address, trusted, err := trustOf(address)
	if err != nil {
		return nil, err
	}
	scheme, _, _ := strings.Cut(address, ":")
	base, kind, _ := strings.Cut(scheme, "+")
	plain := base + strings.TrimPrefix(address, scheme)
	quiet := &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	switch kind {
	case "":
		o, err := redis.ParseURL(plain)
		if err != nil {
			return nil, badAddress(address)
		}
		if err := trusted.apply(o.TLSConfig); err != nil {
			return nil, err
		}
		o.ContextTimeoutEnabled, o.DialerRetries, o.DisableIdentity, o.MaintNotificationsConfig = true, 1, true, quiet
		return redis.NewClient(o), nil
	case "cluster":
		o, err := redis.ParseClusterURL(plain)
		if err != nil {
			return nil, badAddress(address)
		}
		if err := trusted.apply(o.TLSConfig); err != nil {
			return nil, err
		}
		o.ContextTimeoutEnabled, o.DialerRetries, o.DisableIdentity, o.MaintNotificationsConfig = true, 1, true, quiet
		return redis.NewClusterClient(o), nil
	case "sentinel":
		o, err := redis.ParseFailoverURL(plain)
		if err != nil {
			return nil, badAddress(address)
		}
		if err := trusted.apply(o.TLSConfig); err != nil {
			return nil, err
		}
		o.ContextTimeoutEnabled, o.DialerRetries, o.DisableIdentity = true, 1, true
		return redis.NewFailoverClient(o), nil
	}
	return nil, badAddress(address)
}

// badAddress leaves out what the parser said: it quotes the password.
func badAddress(address string) error {
	return fmt.Errorf("the address of Redis (%s) is malformed: write redis://USER:PASSWORD@HOST:6379/0, "+
		"or rediss://, unix://, redis+cluster://, redis+sentinel://, with special characters in the password %%-encoded", place(address))
}

// place is an address without user, password and parameters. What does not look
// like an address may be a password that was put in the wrong place.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.Host == "" && u.Scheme != "unix" {
		return "not a URL with a host"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
