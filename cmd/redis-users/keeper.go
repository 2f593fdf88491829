package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

// urlKey is the key of both Secrets.
const urlKey = "url"

// secrets is where Secrets are read and changed. Update fails with errConflict
// if somebody has changed the Secret since it was read.
type secrets interface {
	Get(ctx context.Context, namespace, name string) (*secret, error)
	Update(ctx context.Context, s *secret) error
}

// keeper keeps the addresses of one Redis in Secrets.
type keeper struct {
	secrets secrets
	address string
	log     *slog.Logger
}

// password reads a user's password from the Secret, or makes one and writes it.
func (k keeper) password(ctx context.Context, where, user string) (string, error) {
	namespace, name, ok := strings.Cut(where, "/")
	if !ok || namespace == "" || name == "" {
		return "", fmt.Errorf("%q is no Secret for the user %s: write NAMESPACE/NAME", where, user)
	}
	for ctx.Err() == nil {
		s, err := k.secrets.Get(ctx, namespace, name)
		if err != nil {
			return "", err
		}
		if text := s.value(urlKey); text != "" {
			password, err := k.parse(text, user)
			if err != nil {
				return "", fmt.Errorf("the Secret %s: %w", where, err)
			}
			return password, nil
		}
		password := rand.Text()
		s.set(urlKey, k.url(user, password))
		err = k.secrets.Update(ctx, s)
		if errors.Is(err, errConflict) {
			continue // somebody else was first: theirs holds
		}
		if err != nil {
			return "", err
		}
		k.log.Info("a password was made", "user", user, "secret", where)
		return password, nil
	}
	return "", ctx.Err()
}

func (k keeper) url(user, password string) string {
	u := url.URL{Scheme: "redis", Host: k.address, Path: "/0", User: url.UserPassword(user, password)}
	return u.String()
}

// parse takes the password out of an address that is this server's. Its errors
// leave the address out: it holds the password.
func (k keeper) parse(text, user string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return "", errors.New("its url is no URL")
	}
	if u.Host != k.address {
		return "", fmt.Errorf("its url is that of another Redis: either remove this one (%s), or take url out of the Secret", k.address)
	}
	password, given := u.User.Password()
	if u.User.Username() != user || !given || password == "" {
		return "", fmt.Errorf("its url has not the user %s with a password", user)
	}
	return password, nil
}
