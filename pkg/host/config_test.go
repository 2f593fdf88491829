package host_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/host"
)

func TestSettingsComeFromTheEnvironment(t *testing.T) {
	c, err := host.FromEnv([]string{"PORT=9000", "KNELT_REQUEST_TIMEOUT=600", "KNELT_REQUEST_MARGIN=20s", "KNELT_DRAIN_TIMEOUT=1m", "KNELT_CONCURRENCY=3", "KNELT_BODY_LIMIT=1000", "KNELT_X"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != ":9000" || c.RequestTimeout != 600*time.Second || c.Margin != 20*time.Second || c.DrainTimeout != time.Minute || c.Concurrency != 3 || c.BodyLimit != 1000 {
		t.Errorf("%+v", c)
	}
	if c, err = host.FromEnv(nil); err != nil || c.Addr != ":8080" || c.RequestTimeout != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestEveryWrongSettingIsNamed(t *testing.T) {
	_, err := host.FromEnv([]string{"PORT=http", "KNELT_REQUEST_TIMEOUT=soon", "KNELT_CONCURRENCY=-1", "KNELT_BODY_LIMIT=0"})
	for _, name := range []string{"PORT", "KNELT_REQUEST_TIMEOUT", "KNELT_CONCURRENCY", "body limit"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
	if _, err := host.FromEnv([]string{"KNELT_REQUEST_TIMEOUT=10s"}); err == nil || !strings.Contains(err.Error(), "margin") {
		t.Errorf("a margin larger than the time: %v", err)
	}
}

func TestItListensOnIPv4AndIPv6(t *testing.T) {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	shut(t, l) // the host opens it anew, as it opens PORT
	cfg, err := host.FromEnv([]string{"PORT=" + port})
	if err != nil {
		t.Fatal(err)
	}
	h, err := host.New(cfg, get("/", nil))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(ctx) }()
	for _, address := range []string{"127.0.0.1", "::1"} {
		if address == "::1" && !hasIPv6(t) {
			t.Log("this machine has no IPv6: only IPv4 was tried")
			continue
		}
		at := net.JoinHostPort(address, port)
		eventually(t, "listening on "+at, func() bool {
			c, err := net.Dial("tcp", at)
			if err == nil {
				shut(t, c)
			}
			return err == nil
		})
		if a := do(t, client(t), http.MethodGet, "http://"+at+"/healthz", "", ""); a.status != 200 {
			t.Errorf("%s: %+v", at, a)
		}
	}
	cancel()
	if err := within(t, ended, "the end"); err != nil {
		t.Error(err)
	}
}

func hasIPv6(t *testing.T) bool {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	shut(t, l)
	return true
}

func TestAnAddressThatIsTakenIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, l)
	cfg := host.Default()
	cfg.Addr = l.Addr().String()
	h, err := host.New(cfg, get("/", nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("%v", err)
	}
}
