package pgtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// StartTLS starts a server that speaks TLS, with a certificate for the name localhost
// alone. It returns the certificate in PEM, which is its own authority.
func StartTLS(t testing.TB) (*Server, string) {
	t.Helper()
	var certificate []byte
	s := startFor(t, func(s *Server) (err error) {
		certificate, err = s.certify()
		return err
	}, []string{"ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key"})
	return s, string(certificate)
}

// certify puts a certificate and its key into the server's folder.
func (s *Server) certify() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	for name, text := range map[string][]byte{"server.crt": public, "server.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})} {
		path := filepath.Join(s.Dir, name)
		if err := errors.Join(os.WriteFile(path, text, 0o600), s.account.own(path)); err != nil {
			return nil, err
		}
	}
	return public, nil
}
