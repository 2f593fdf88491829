package secure

import (
	"bytes"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func podSeed(t *testing.T, s SyncSeed, p Pod) PodSeed { return must[PodSeed](t)(s.Pod(p)) }

// listen serves handshakes; each one's outcome goes into the channel.
func listen(t *testing.T, c *tls.Config) (addr string, outcomes chan error) {
	t.Helper()
	l := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	outcomes = make(chan error, 16)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			outcomes <- serve(conn, c)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String(), outcomes
}

// serve shakes hands and echoes one byte, so that the client learns of a
// refusal: in TLS 1.3 it finishes first.
func serve(raw net.Conn, c *tls.Config) error {
	defer raw.Close() //nolint:errcheck // the outcome is known by then
	if err := raw.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	conn := tls.Server(raw, c)
	if err := conn.Handshake(); err != nil {
		return err
	}
	_, err := io.CopyN(conn, conn, 1)
	return err
}

// dial shakes hands and has a byte echoed.
func dial(addr string, c *tls.Config) error {
	d := &net.Dialer{Timeout: 20 * time.Second}
	conn, err := tls.DialWithDialer(d, "tcp", addr, c)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // likewise
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Write([]byte{7}); err != nil {
		return err
	}
	_, err = io.ReadFull(conn, make([]byte, 1))
	return err
}

func TestTheTwoEndsOfAPodAgree(t *testing.T) {
	for _, p := range []Pod{Source, Destination} {
		seed := podSeed(t, NewSyncSeed(), p)
		addr, outcomes := listen(t, must[*tls.Config](t)(BridgeConfig(seed)))
		if err := dial(addr, must[*tls.Config](t)(RelayConfig(seed))); err != nil {
			t.Errorf("%s: relay: %v", p, err)
		}
		if err := <-outcomes; err != nil {
			t.Errorf("%s: bridge: %v", p, err)
		}
	}
}

func TestTheDerivationIsThatOfTheDocument(t *testing.T) {
	var sync SyncSeed
	for i := range sync {
		sync[i] = byte(i)
	}
	pod := podSeed(t, sync, Source)
	key := must[[]byte](t)(pod.Key(Bridge))
	// From HKDF (RFC 5869) and Ed25519 (RFC 8032), computed by another program.
	const wantPod, wantKey = "976f758aec3ddf49cdce10297c973e05e5e765c7b74e1988addcbd61ee5db74e", "a0b39e2f611b8df602c5fa7667572878cfaf2bb98f8668b05bc989d45cb515b3"
	if got := pod.Text(); got != wantPod {
		t.Errorf("seed of the source's pod %s, want %s", got, wantPod)
	}
	if got := hex.EncodeToString(key[32:]); got != wantKey {
		t.Errorf("public key of its bridge %s, want %s", got, wantKey)
	}
}

func TestNobodyElseIsLetIn(t *testing.T) {
	sync := NewSyncSeed()
	seed := podSeed(t, sync, Source)
	addr, outcomes := listen(t, must[*tls.Config](t)(BridgeConfig(seed)))
	relay := func(s PodSeed) *tls.Config {
		c := must[*tls.Config](t)(RelayConfig(s))
		c.VerifyConnection = nil // a stranger does not care whom it speaks to
		return c
	}
	stranger := relay(seed)
	stranger.Certificates = nil
	wrongRole := must[*tls.Config](t)(BridgeConfig(seed))
	wrongRole.VerifyConnection = nil
	old := relay(seed)
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	for name, c := range map[string]*tls.Config{
		"no certificate":             stranger,
		"another sync's seed":        relay(podSeed(t, NewSyncSeed(), Source)),
		"the other pod's seed":       relay(podSeed(t, sync, Destination)),
		"the bridge's own key":       wrongRole,
		"the right key over TLS 1.2": old,
	} {
		if err := dial(addr, c); err == nil {
			t.Errorf("%s: the relay was let in", name)
		}
		if err := <-outcomes; err == nil {
			t.Errorf("%s: the bridge let it in", name)
		}
	}
	if err := dial(addr, must[*tls.Config](t)(RelayConfig(seed))); err != nil {
		t.Errorf("afterwards the right one is refused: %v", err)
	}
}

func TestARelayRefusesAFalseBridge(t *testing.T) {
	sync := NewSyncSeed()
	seed := podSeed(t, sync, Source)
	right := must[*tls.Config](t)(RelayConfig(seed))
	wrongRole := must[*tls.Config](t)(RelayConfig(seed))
	for name, c := range map[string]*tls.Config{
		"another sync's seed":  must[*tls.Config](t)(BridgeConfig(podSeed(t, NewSyncSeed(), Source))),
		"the other pod's seed": must[*tls.Config](t)(BridgeConfig(podSeed(t, sync, Destination))),
		"another relay":        wrongRole,
	} {
		c.VerifyConnection = nil
		addr, outcomes := listen(t, c)
		if err := dial(addr, right); !errors.Is(err, ErrStranger) {
			t.Errorf("%s: got %v, want ErrStranger", name, err)
		}
		if err := <-outcomes; err == nil {
			t.Errorf("%s: it has echoed a byte to a relay that refused it", name)
		}
	}
}

func TestARecordedHandshakeCannotBeReplayed(t *testing.T) {
	seed := podSeed(t, NewSyncSeed(), Source)
	addr, outcomes := listen(t, must[*tls.Config](t)(BridgeConfig(seed)))
	raw := must[net.Conn](t)(net.Dial("tcp", addr))
	tape := &taped{Conn: raw}
	conn := tls.Client(tape, must[*tls.Config](t)(RelayConfig(seed)))
	if _, err := conn.Write([]byte{7}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if err := <-outcomes; err != nil {
		t.Fatal(err)
	}

	again := must[net.Conn](t)(net.Dial("tcp", addr))
	defer again.Close() //nolint:errcheck // nothing was written that counts
	if _, err := again.Write(tape.sent.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := <-outcomes; err == nil {
		t.Error("the replayed bytes were let in")
	}
}

type taped struct {
	net.Conn
	sent bytes.Buffer
}

func (c *taped) Write(b []byte) (int, error) {
	c.sent.Write(b)
	return c.Conn.Write(b)
}

func TestNoConnectionIsResumed(t *testing.T) {
	seed := podSeed(t, NewSyncSeed(), Source)
	addr, outcomes := listen(t, must[*tls.Config](t)(BridgeConfig(seed)))
	c := must[*tls.Config](t)(RelayConfig(seed))
	cache := &counting{}
	c.ClientSessionCache = cache
	c.SessionTicketsDisabled = false
	for range 2 {
		if err := dial(addr, c); err != nil {
			t.Fatal(err)
		}
		if err := <-outcomes; err != nil {
			t.Fatal(err)
		}
	}
	if cache.puts > 0 {
		t.Errorf("the bridge gave %d tickets, want none", cache.puts)
	}
}

type counting struct{ puts int }

func (c *counting) Get(string) (*tls.ClientSessionState, bool) { return nil, false }

func (c *counting) Put(_ string, s *tls.ClientSessionState) {
	if s != nil {
		c.puts++
	}
}

func TestGarbageInsteadOfAHandshakeIsRefused(t *testing.T) {
	addr, outcomes := listen(t, must[*tls.Config](t)(BridgeConfig(podSeed(t, NewSyncSeed(), Source))))
	for name, garbage := range map[string]string{
		"HTTP":          "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"zeros":         strings.Repeat("\x00", 4096),
		"a long record": "\x16\x03\x01\xff\xff" + strings.Repeat("x", 65535),
		"a long hello":  "\x16\x03\x01\x40\x00\x01\xff\xff\xff" + strings.Repeat("x", 16380),
	} {
		conn := must[net.Conn](t)(net.Dial("tcp", addr))
		_, _ = io.WriteString(conn, garbage) // the bridge may hang up first
		if err := <-outcomes; err == nil {
			t.Errorf("%s was let in", name)
		}
		_ = conn.Close()
	}
}

func TestSeedsAreReadBackAndStayOutOfLogs(t *testing.T) {
	seed := podSeed(t, NewSyncSeed(), Destination)
	if back, err := ParsePodSeed(seed.Text() + "\n"); err != nil || back != seed {
		t.Errorf("read back %v, %v", back == seed, err)
	}
	for _, format := range []string{"%v", "%s", "%+v", "%#v"} {
		if got := fmt.Sprintf(format, struct{ S PodSeed }{seed}); strings.Contains(got, seed.Text()[:8]) || strings.Contains(got, fmt.Sprint(seed[0], " ", seed[1])) {
			t.Errorf("%s shows the seed: %s", format, got)
		}
	}
	for _, bad := range []string{"", "00", seed.Text()[1:], seed.Text() + "00", strings.Repeat("zz", 32)} {
		if _, err := ParsePodSeed(bad); err == nil || (len(bad) > 10 && strings.Contains(err.Error(), bad[:8])) {
			t.Errorf("a seed of %d characters: %v", len(bad), err)
		}
	}
}
