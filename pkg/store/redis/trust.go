package redis

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// trust is what an address says of certificates, beside what go-redis takes from
// it.
type trust struct{ ca, cert, key []byte }

// trustOf takes the parameters ca, cert and key out of an address: PEM in base64
// (either alphabet), or the absolute path of a file with PEM.
func trustOf(address string) (rest string, t trust, err error) {
	base, query, _ := strings.Cut(address, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return "", t, badAddress(address)
	}
	for name, into := range map[string]*[]byte{"ca": &t.ca, "cert": &t.cert, "key": &t.key} {
		if !q.Has(name) {
			continue
		}
		if *into, err = pemOf(q.Get(name)); err != nil {
			return "", t, fmt.Errorf("the parameter %s in the address of Redis: %w", name, err)
		}
		q.Del(name)
	}
	if t.none() {
		return address, t, nil
	}
	return base + "?" + q.Encode(), t, nil
}

// pemOf does not tell what it could not read: it may be a key. PEM in base64
// begins with LS0tLS1, never with a slash.
func pemOf(value string) ([]byte, error) {
	if filepath.IsAbs(value) {
		return os.ReadFile(value)
	}
	text, err := base64.StdEncoding.DecodeString(alphabet.Replace(value))
	if err != nil || !strings.HasPrefix(string(text), "-----BEGIN ") {
		return nil, errors.New("it must be PEM in base64, or the absolute path of a file with PEM")
	}
	return text, nil
}

// alphabet makes the standard one of base64 of that for URLs, and of what a query
// makes of the standard one.
var alphabet = strings.NewReplacer("-", "+", "_", "/", " ", "+")

// none tells that an address said nothing.
func (t trust) none() bool { return t.ca == nil && t.cert == nil && t.key == nil }

// apply lays it over the settings that go-redis made of the address; nil settings
// are those of an address without TLS.
func (t trust) apply(c *tls.Config) error {
	if t.none() {
		return nil
	}
	if c == nil {
		return errors.New("ca, cert and key in the address of Redis are for TLS: write rediss:// in place of redis://")
	}
	if t.ca != nil {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(t.ca) {
			return errors.New("the parameter ca in the address of Redis holds no certificate")
		}
	}
	if (t.cert == nil) != (t.key == nil) {
		return errors.New("the address of Redis has one of cert and key, which go together")
	}
	if t.cert == nil {
		return nil
	}
	own, err := tls.X509KeyPair(t.cert, t.key)
	if err != nil {
		return fmt.Errorf("cert and key in the address of Redis: %w", err)
	}
	c.Certificates = []tls.Certificate{own}
	return nil
}
