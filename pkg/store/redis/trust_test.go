package redis

import (
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/pkg/store"
	"knelt.dev/test/redistest"
)

func encoded(text []byte) string { return base64.StdEncoding.EncodeToString(text) }

// TestSuiteOverTLS with an authority and a certificate that the address carries.
func TestSuiteOverTLS(t *testing.T) {
	server := redistest.StartTLS(t)
	q := url.Values{"ca": {encoded(server.CA)}, "cert": {encoded(server.Cert)}, "key": {encoded(server.Key)}}
	runSuiteAs(t, "rediss://"+server.TLSAddr+"/0?"+q.Encode(), server.URL(), "test")
}

// TestAddressesCarryCertificates in either alphabet of base64, escaped or not, or
// as files, beside go-redis' own parameters.
func TestAddressesCarryCertificates(t *testing.T) {
	server := redistest.StartTLS(t)
	file := func(name string, text []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, query := range map[string]string{
		"escaped":      url.Values{"ca": {encoded(server.CA)}, "cert": {encoded(server.Cert)}, "key": {encoded(server.Key)}}.Encode(),
		"as it is":     "ca=" + encoded(server.CA) + "&cert=" + encoded(server.Cert) + "&key=" + encoded(server.Key) + "&pool_size=3",
		"for URLs":     "ca=" + base64.URLEncoding.EncodeToString(server.CA) + "&cert=" + base64.URLEncoding.EncodeToString(server.Cert) + "&key=" + base64.URLEncoding.EncodeToString(server.Key),
		"as files":     "ca=" + file("ca", server.CA) + "&cert=" + file("cert", server.Cert) + "&key=" + file("key", server.Key),
		"as a mixture": "ca=" + file("ca.crt", server.CA) + "&cert=" + encoded(server.Cert) + "&key=" + encoded(server.Key),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := open(t, "rediss://"+server.TLSAddr+"/0?"+query, Options{}).Connections(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWhatIsWrongWithCertificatesIsTold, and none of it is something that passes.
func TestWhatIsWrongWithCertificatesIsTold(t *testing.T) {
	server, other := redistest.StartTLS(t), redistest.StartTLS(t)
	ca, cert, key := "ca="+encoded(server.CA), "cert="+encoded(server.Cert), "key="+encoded(server.Key)
	for name, c := range map[string]struct{ address, says string }{
		"nobody's authority":  {"rediss://" + server.TLSAddr + "/0", "not to be trusted"},
		"another authority":   {"rediss://" + server.TLSAddr + "/0?ca=" + encoded(other.CA), "not to be trusted"},
		"without TLS":         {"redis://" + server.Addr + "/0?" + ca, "rediss://"},
		"a cert alone":        {"rediss://" + server.TLSAddr + "/0?" + ca + "&" + cert, "go together"},
		"no certificate":      {"rediss://" + server.TLSAddr + "/0?" + ca, "cert and key in the address"},
		"no PEM":              {"rediss://" + server.TLSAddr + "/0?ca=c2VjcmV0IQ==", "parameter ca"},
		"no base64":           {"rediss://" + server.TLSAddr + "/0?key=secret!", "parameter key"},
		"no such file":        {"rediss://" + server.TLSAddr + "/0?ca=/no/such/file", "/no/such/file"},
		"a key for a cert":    {"rediss://" + server.TLSAddr + "/0?" + ca + "&" + strings.Replace(key, "key=", "cert=", 1) + "&" + key, "cert and key"},
		"a key for authority": {"rediss://" + server.TLSAddr + "/0?" + strings.Replace(key, "key=", "ca=", 1), "no certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), c.address, Options{})
			if err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "secret!") {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}
