package secure

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// ErrStranger says that the peer's key is not the one that belongs here: it does
// not know the pod's seed, or is of the wrong role or pod.
var ErrStranger = errors.New("the peer does not have the key of this pod and role")

// BridgeConfig gives the TLS settings of a bridge: it accepts the relay's key
// and nothing else.
func BridgeConfig(s PodSeed) (*tls.Config, error) { return config(s, Bridge) }

// RelayConfig gives the TLS settings of a relay that dials the bridge of this
// pod.
func RelayConfig(s PodSeed) (*tls.Config, error) { return config(s, Relay) }

// config pins the peer's key in VerifyConnection, which runs in every handshake.
// Names and dates are not verified: that the peer has the key is all that
// counts, and TLS has it sign the handshake. Without tickets there is no
// resumption and no 0-RTT, so nothing of a connection can be used again.
func config(s PodSeed, own Role) (*tls.Config, error) {
	cert, err := certificate(s, own)
	if err != nil {
		return nil, err
	}
	peer, err := s.Key(own.other())
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:                  tls.VersionTLS13,
		MaxVersion:                  tls.VersionTLS13,
		Certificates:                []tls.Certificate{cert},
		ClientAuth:                  tls.RequireAnyClientCert,
		InsecureSkipVerify:          true, //nolint:gosec // VerifyConnection pins the one key
		VerifyConnection:            pin(peer.Public().(ed25519.PublicKey)),
		SessionTicketsDisabled:      true,
		DynamicRecordSizingDisabled: true, // bulk data: small records only cost
	}, nil
}

func pin(want ed25519.PublicKey) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		if s.DidResume || len(s.PeerCertificates) != 1 {
			return ErrStranger
		}
		if got, ok := s.PeerCertificates[0].PublicKey.(ed25519.PublicKey); !ok || !got.Equal(want) {
			return ErrStranger
		}
		return nil
	}
}

// certificate wraps a role's key, as TLS demands. The dates are wide because
// nobody reads them.
func certificate(s PodSeed, r Role) (tls.Certificate, error) {
	key, err := s.Key(r)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the certificate of the %s's key: %w", r, err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
