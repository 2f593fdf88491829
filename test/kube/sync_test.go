//go:build linux

package kube

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/kube"
	"knelt.dev/pkg/replication"
	"knelt.dev/pkg/store"
	"knelt.dev/pkg/store/redis"
	"knelt.dev/test/redistest"
)

const (
	connection = "shop to lake"
	ttl        = 6 * time.Second
)

// syncs is a store, the cluster of which its bridges know, and one sync in it.
type syncs struct {
	t         *testing.T
	namespace string
	store     *redis.Store
	cluster   *kube.Cluster
	streams   []replication.Stream
	catalog   []byte
}

func newSyncs(t *testing.T) *syncs {
	t.Helper()
	s := &syncs{t: t, namespace: namespace(t, "restricted")}
	server := redistest.Start(t, "--bind", "0.0.0.0", "--protected-mode", "no")
	address := fmt.Sprintf("redis://%s/0", net.JoinHostPort(ownAddress(t), server.Addr[strings.LastIndex(server.Addr, ":")+1:]))
	var err error
	if s.store, err = redis.Open(t.Context(), address, redis.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.store.Close() })
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "knelt-bridge-store"}, StringData: map[string]string{"address": address}}
	if _, err := world.client.CoreV1().Secrets(s.namespace).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.cluster = cluster(t, s.namespace, func(c *kube.Config) { c.Settings.LeaseTTL = ttl })
	s.selectUsers()
	return s
}

// ownAddress is this program's in the network of the cluster.
func ownAddress(t *testing.T) string {
	t.Helper()
	host := world.client.CoreV1().RESTClient().Get().URL().Host
	if u, err := url.Parse("//" + host); err == nil && u.Port() == "" {
		host += ":443"
	}
	conn, err := net.Dial("udp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // nothing was sent
	return conn.LocalAddr().(*net.UDPAddr).IP.String()
}

// selectUsers takes the faker's users.
func (s *syncs) selectUsers() {
	s.t.Helper()
	d := airbyte.Descriptor{Name: "users"}
	s.streams = []replication.Stream{{Descriptor: d, As: d}}
	text, err := airbyte.Marshal(airbyte.ConfiguredCatalog{Streams: []airbyte.ConfiguredStream{{
		Stream:   airbyte.Stream{Name: d.Name, JSONSchema: []byte(`{}`), SupportedSyncModes: []airbyte.SyncMode{airbyte.FullRefresh, airbyte.Incremental}},
		SyncMode: airbyte.Incremental, DestinationSyncMode: airbyte.Append, SyncID: 1,
	}}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.catalog = text
}

// lease takes the connection's, for its first sync.
func (s *syncs) lease() store.Lease {
	s.t.Helper()
	lease, err := s.store.Acquire(s.t.Context(), connection, store.ProcessHolder(), ttl)
	if err != nil {
		s.t.Fatal(err)
	}
	record, err := s.store.Sync(s.t.Context(), connection, 1)
	if errors.Is(err, store.ErrNotFound) {
		_, err = lease.Begin(s.t.Context(), store.Begin{Sync: store.SyncRecord{Status: store.Running}})
	} else if err == nil {
		err = lease.SaveSync(s.t.Context(), record)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return lease
}

func (s *syncs) keep(ctx context.Context, lease store.Lease) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(ttl / 4):
			if err := lease.Renew(ctx, ttl); err != nil && ctx.Err() == nil {
				s.t.Logf("the lease of epoch %d: %v", lease.Epoch(), err)
				return
			}
		}
	}
}

func seat(lease store.Lease, c connector.Command) connector.Seat {
	return connector.Seat{Connection: connection, Sync: 1, Attempt: 1, Command: c, Epoch: lease.Epoch()}
}

// both gives the two halves, started at the first epoch and attached at later
// ones.
func (s *syncs) both(lease store.Lease, users int, rate float64) (source, destination replication.Attached) {
	s.t.Helper()
	config := fmt.Sprintf(`{"count":%d,"records_per_state":500,"rate":%v,"streams":["users"]}`, users, rate)
	halves := map[connector.Command]struct {
		image string
		inv   connector.Invocation
	}{
		connector.Read:  {"faker", connector.Invocation{Command: connector.Read, Config: []byte(config), Catalog: s.catalog}},
		connector.Write: {"discard", connector.Invocation{Command: connector.Write, Config: []byte(`{"stats":true}`), Catalog: s.catalog}},
	}
	type outcome struct {
		run replication.Attached
		err error
	}
	got := map[connector.Command]chan outcome{}
	for command, half := range halves {
		got[command] = make(chan outcome, 1)
		go func() {
			var o outcome
			if lease.Epoch() == 1 {
				o.run, o.err = s.cluster.Pods().StartAt(s.t.Context(), seat(lease, command), connector.Connector{Image: world.images[half.image], Pod: steady}, half.inv)
			} else {
				o.run, o.err = s.cluster.Pods().Attach(s.t.Context(), seat(lease, command))
			}
			got[command] <- o
		}()
	}
	a, b := <-got[connector.Read], <-got[connector.Write]
	if a.err != nil || b.err != nil {
		s.t.Fatal(errors.Join(a.err, b.err))
	}
	return a.run, b.run
}

func (s *syncs) relay(lease store.Lease, source, destination replication.Attached) *replication.Relay {
	return replication.New(replication.Config{
		Streams: s.streams, SupportsRefreshes: true, Emitted: time.UnixMilli(1_700_000_000_000), Checkpoints: lease, Resume: destination.Resume(),
		Limits: replication.Limits{MarkBytes: 256 << 10, MarkEvery: 20 * time.Millisecond, Grace: time.Second},
	}, source, destination)
}

// TestASyncOutlivesItsRelays: each goes on with the same two pods, and the last
// finds that nothing is missing.
func TestASyncOutlivesItsRelays(t *testing.T) {
	s, users, relays := newSyncs(t), 30_000, 4
	for n := 1; ; n++ {
		lease := s.lease()
		ctx, cancel := context.WithCancel(t.Context())
		go s.keep(ctx, lease)
		began := time.Now()
		source, destination := s.both(lease, users, 3000)
		t.Logf("relay %d was attached after %s", n, time.Since(began).Round(time.Millisecond))
		relay := s.relay(lease, source, destination)
		if n < relays {
			time.AfterFunc(1500*time.Millisecond, func() { _ = relay.Detach(ctx) }) // the ledger tells
		}
		ledger := relay.Run(ctx)
		cancel()
		if ledger.Detached {
			if err := lease.HandOver(t.Context(), ttl); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if ledger.Outcome != store.Succeeded || n < relays {
			t.Errorf("relay %d: %s %q", n, ledger.Outcome, ledger.Reasons)
		}
		if got := ledger.Streams[0]; got.Relayed != int64(users) {
			t.Errorf("%d rows of %d: %+v", got.Relayed, users, got)
		}
		if err := errors.Join(source.Done(t.Context()), destination.Done(t.Context()), lease.Release(t.Context())); err != nil {
			t.Error(err)
		}
		break
	}
	nothingIsLeft(t, s.namespace)
}

// TestConnectorsWithoutALeaseEnd: nobody succeeds a relay that is gone.
func TestConnectorsWithoutALeaseEnd(t *testing.T) {
	s := newSyncs(t)
	lease := s.lease()
	source, destination := s.both(lease, 1_000_000, 100)
	if err := errors.Join(source.Detach(t.Context()), destination.Detach(t.Context())); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "the pods' ends", func() bool { return ended(t, s.namespace) == 2 })
	if _, err := s.cluster.Pods().Attach(t.Context(), seat(lease, connector.Read)); !errors.Is(err, connector.ErrNoPod) || !strings.Contains(err.Error(), "lease is lost") {
		t.Errorf("got %v", err)
	}
	if err := s.cluster.Pods().Remove(t.Context(), connection, 1); err != nil {
		t.Error(err)
	}
	nothingIsLeft(t, s.namespace)
}

// TestRemoveEndsRunningConnectors: it returns when nothing of them runs.
func TestRemoveEndsRunningConnectors(t *testing.T) {
	s := newSyncs(t)
	lease := s.lease()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go s.keep(ctx, lease)
	source, destination := s.both(lease, 1_000_000, 100)
	if err := errors.Join(source.Detach(t.Context()), destination.Detach(t.Context())); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := s.cluster.Pods().Remove(t.Context(), connection, 1); err != nil {
		t.Error(err)
	}
	t.Logf("removed within %s", time.Since(began).Round(time.Millisecond))
	pods, err := world.client.CoreV1().Pods(s.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(pods.Items) > 0 {
		t.Errorf("%d pods are left, %v", len(pods.Items), err)
	}
	nothingIsLeft(t, s.namespace)
}
