package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/redis/go-redis/v9"

	"knelt.dev/pkg/store"
)

// passing are the error codes of a Redis that may soon answer otherwise:
// starting, failing over, out of memory or disk, busy with a script.
var passing = []string{
	"LOADING", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "TRYAGAIN", "MOVED", "ASK",
	"OOM", "MISCONF", "BUSY", "NOREPLICAS", "ERR max number of clients", "max number of clients",
}

// denied are the error codes of a Redis that knows the user not, or not well
// enough.
var denied = []string{"NOAUTH", "WRONGPASS", "NOPERM"}

// explain tells apart what can pass, what the user must mend, and the caller's
// own end of patience.
func explain(ctx context.Context, op string, err error) error {
	var refused redis.Error
	var failed *net.OpError
	var untrusted *tls.CertificateVerificationError
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%s: %w", op, ctx.Err())
	case errors.As(err, &untrusted):
		return fmt.Errorf("%s: the certificate of Redis is not to be trusted: name its authority by the parameter ca in the address (%w)", op, err)
	case errors.As(err, &failed) && failed.Op == "remote error": // what crypto/tls makes of an alert
		return fmt.Errorf("%s: Redis does not take this client's certificate, or the lack of one: give cert and key in the address (%w)", op, err)
	case !errors.As(err, &refused):
		return fmt.Errorf("%s: %w: no answer from Redis: see that it runs and that the network lets it through (%w)",
			op, store.ErrUnavailable, err)
	case hasPrefix(err, passing):
		return fmt.Errorf("%s: %w: Redis refuses for now (%w)", op, store.ErrUnavailable, err)
	case hasPrefix(err, denied):
		return fmt.Errorf("%s: Redis does not let this user in, or not do this: check user, password and ACL (%w)", op, err)
	}
	return fmt.Errorf("%s: %w", op, err)
}

func hasPrefix(err error, prefixes []string) bool {
	for _, p := range prefixes {
		if redis.HasErrorPrefix(err, p) {
			return true
		}
	}
	return false
}
