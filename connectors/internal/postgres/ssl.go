package postgres

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"

	"knelt.dev/connectors/internal/kit"
)

// SSLMode says whether and how the connection is encrypted, in the words of
// PostgreSQL: disable, allow, prefer, require, verify-ca, verify-full.
type SSLMode struct {
	Mode string `json:"mode"`
	// CA, Certificate and Key are PEM.
	CA          string `json:"ca_certificate"`
	Certificate string `json:"client_certificate"`
	Key         string `json:"client_key"`
	KeyPassword string `json:"client_key_password"`
}

// UnmarshalJSON reads the object, or the bare mode.
func (s *SSLMode) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &s.Mode)
	}
	type plain SSLMode
	return json.Unmarshal(raw, (*plain)(s))
}

// attempts are the ways to connect, in their order; nil is without encryption.
func (s SSLMode) attempts(host string) ([]*tls.Config, error) {
	if s.Mode == "disable" {
		return []*tls.Config{nil}, nil
	}
	config, err := s.config(host)
	if err != nil {
		return nil, err
	}
	switch s.Mode {
	case "allow":
		return []*tls.Config{nil, config}, nil
	case "prefer":
		return []*tls.Config{config, nil}, nil
	case "require", "verify-ca", "verify-full":
		return []*tls.Config{config}, nil
	}
	return nil, kit.ConfigError("ssl_mode: mode must be one of disable, allow, prefer, require, verify-ca, verify-full")
}

// config follows libpq: with a CA, require proves the server as verify-ca does;
// weaker modes prove nothing.
func (s SSLMode) config(host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if err := s.addClient(config); err != nil {
		return nil, err
	}
	if s.CA != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(s.CA)) {
			return nil, kit.ConfigError("ssl_mode: ca_certificate holds no certificate in PEM")
		}
	}
	switch {
	case s.Mode == "verify-full":
		return config, nil
	case s.Mode == "verify-ca" || (s.Mode == "require" && s.CA != ""):
		config.VerifyConnection = verifyChain(config.RootCAs)
	}
	config.InsecureSkipVerify = true
	return config, nil
}

func (s SSLMode) addClient(config *tls.Config) error {
	switch {
	case s.KeyPassword != "":
		return kit.ConfigError("ssl_mode: client_key_password is not supported: give a key that is not encrypted")
	case s.Certificate == "" && s.Key == "":
		return nil
	}
	pair, err := tls.X509KeyPair([]byte(s.Certificate), []byte(s.Key))
	if err != nil {
		return kit.ConfigError("ssl_mode: client_certificate and client_key are no pair in PEM")
	}
	config.Certificates = []tls.Certificate{pair}
	return nil
}

// verifyChain proves the server's certificate by the roots, whatever its name.
func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("the server has no certificate")
		}
		between := x509.NewCertPool()
		for _, c := range state.PeerCertificates[1:] {
			between.AddCert(c)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
		return err
	}
}
