package record

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"hash"
)

// suite is how a cipher suite of RFC 8446, appendix B.4, makes keys of secrets.
type suite struct {
	hash    func() hash.Hash
	keySize int
	aead    func(key []byte) (aead, error)
}

var suites = map[uint16]suite{
	tls.TLS_AES_128_GCM_SHA256:       {sha256.New, 16, newAES},
	tls.TLS_AES_256_GCM_SHA384:       {sha512.New384, 32, newAES},
	tls.TLS_CHACHA20_POLY1305_SHA256: {sha256.New, 32, newChaCha},
}

// half makes a direction's keys of its secret, section 7.3.
func (s suite) half(secret []byte) (half, error) {
	key, err := s.expand(secret, "key", s.keySize)
	if err != nil {
		return half{}, err
	}
	iv, err := s.expand(secret, "iv", len(half{}.iv))
	if err != nil {
		return half{}, err
	}
	h := half{iv: [12]byte(iv)}
	h.aead, err = s.aead(key)
	return h, err
}

// expand is HKDF-Expand-Label of section 7.1 without a context.
func (s suite) expand(secret []byte, label string, size int) ([]byte, error) {
	label = "tls13 " + label
	info := append([]byte{byte(size >> 8), byte(size), byte(len(label))}, label...)
	return hkdf.Expand(s.hash, secret, string(append(info, 0)), size)
}

// secrets takes the two secrets of application data from what crypto/tls tells, in
// the format of RFC 9850, which is the one way that it tells them.
type secrets struct{ client, server []byte }

// Write takes a line: a label, the client's random bytes, a secret.
func (s *secrets) Write(line []byte) (int, error) {
	fields := bytes.Fields(line)
	if len(fields) != 3 {
		return 0, fmt.Errorf("the TLS handshake tells its secrets in %d fields", len(fields))
	}
	into := map[string]*[]byte{"CLIENT_TRAFFIC_SECRET_0": &s.client, "SERVER_TRAFFIC_SECRET_0": &s.server}[string(fields[0])]
	if into == nil {
		return len(line), nil
	}
	secret, err := hex.DecodeString(string(fields[2]))
	*into = secret
	return len(line), err
}

// halves makes the keys of both directions.
func (s *secrets) halves(id uint16) (client, server half, err error) {
	how, known := suites[id]
	if !known || s.client == nil || s.server == nil {
		return half{}, half{}, fmt.Errorf("the TLS handshake has agreed on %s, for which there are no keys", tls.CipherSuiteName(id))
	}
	if client, err = how.half(s.client); err == nil {
		server, err = how.half(s.server)
	}
	return client, server, err
}
