package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TLS is a server that also speaks TLS, and asks clients for a certificate.
type TLS struct {
	*Server
	// TLSAddr is its host:port for TLS.
	TLSAddr string
	// CA is the certificate of the authority that both sides are of; Cert and Key
	// are a client's. All are PEM.
	CA, Cert, Key []byte
}

// StartTLS starts a server whose certificate is of an authority that nobody knows.
func StartTLS(t testing.TB, args ...string) *TLS {
	t.Helper()
	ca := newAuthority(t)
	s := &TLS{TLSAddr: freeAddr(t), CA: ca.certPEM}
	s.Cert, s.Key = ca.issue(t, "client")
	cert, key := ca.issue(t, "127.0.0.1")
	dir := t.TempDir()
	_, port, err := net.SplitHostPort(s.TLSAddr)
	if err != nil {
		t.Fatal(err)
	}
	args = append(args, "--tls-port", port)
	for name, text := range map[string][]byte{"ca-cert": s.CA, "cert": cert, "key": key} {
		file := filepath.Join(dir, name+".pem")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--tls-"+name+"-file", file)
	}
	s.Server = Start(t, args...)
	return s
}

// authority issues certificates.
type authority struct {
	cert    *x509.Certificate
	key     *ecdsa.PrivateKey
	certPEM []byte
	issued  int64
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	template := a.template("an authority of tests")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	a.cert = template
	der := a.sign(t, template, a.key)
	var err error
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

// issue makes a certificate for a host, or a client's name.
func (a *authority) issue(t testing.TB, name string) (cert, key []byte) {
	t.Helper()
	own := newKey(t)
	template := a.template(name)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	}
	der, err := x509.MarshalECPrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.sign(t, template, own)}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}

func (a *authority) template(name string) *x509.Certificate {
	a.issued++
	return &x509.Certificate{
		SerialNumber: big.NewInt(a.issued), Subject: pkix.Name{CommonName: name + " " + strconv.FormatInt(a.issued, 10)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
}

func (a *authority) sign(t testing.TB, template *x509.Certificate, subject *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, subject.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
