package fakeapi

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"knelt.dev/pkg/api"
)

// Cast are the connections that are in every world that has any, all of them in
// the namespace shop: each stands as its name in the comment says.
var Cast = []string{
	"orders",   // running, its second attempt, which two relays have gone on with
	"payments", // failed three times in a row, out of memory
	"refunds",  // cannot be synced as it is written
	"returns",  // never run, manual
	"stock",    // succeeded, with a breaking schema change
	"users",    // incomplete: the destination counts less; paused by the API
}

func (w *World) cast() []*Connection {
	at := func(d time.Duration) time.Time { return w.start.Add(d) }
	last := func(id int64, status api.Status, ago, took time.Duration, records, bytes int64) *Last {
		return &Last{ID: id, Status: status, Started: at(-ago - took), Ended: at(-ago), Records: records, Bytes: bytes}
	}
	all := []*Connection{
		{Name: "orders", Source: "shop-db", Destination: "lake", Status: api.Running, Schedule: "every 1h", Next: at(35 * time.Minute), Last: last(412, api.Succeeded, 62*time.Minute, 4*time.Minute, 120438, 31457280), Running: &Running{ID: 413, Attempt: 2, Started: at(-4 * time.Minute)}},
		{Name: "payments", Source: "payments-api", Destination: "warehouse", Status: api.Failed, Schedule: "every 15m", Next: at(6 * time.Minute), FailuresInRow: 3, Last: last(1207, api.Failed, 9*time.Minute, 81*time.Second, 18230, 9830400)},
		{Name: "refunds", Source: "refunds-api", Destination: "warehouse", Status: api.Never, Schedule: "every 1h", Problem: `There is no Source "refunds-api" in the namespace shop`},
		{Name: "returns", Source: "shop-db", Destination: "archive", Status: api.Never, Schedule: "manual"},
		{Name: "stock", Source: "inventory-db", Destination: "lake", Status: api.Succeeded, Schedule: "0 2 * * * Europe/Berlin", Next: at(9 * time.Hour), Last: last(88, api.Succeeded, 15*time.Hour, 11*time.Minute, 4815162, 1342177280)},
		{Name: "users", Source: "shop-db", Destination: "warehouse", Status: api.Incomplete, Schedule: "every 1h", Paused: true, PausedBy: "api", FailuresInRow: 1, Last: last(311, api.Incomplete, 3*time.Hour, 71*time.Second, 52110, 14680064)},
	}
	for _, c := range all {
		c.Namespace = "shop"
		if c.Last != nil { // the row says what the ledger does
			l := ledgerOf(c, c.Last.ID, c.Last.Status)
			c.Last.Reasons, c.Last.Records, c.Last.Bytes = l.Reasons, l.Total.Relayed, l.Total.Bytes
		}
	}
	return all
}

const sourceOOM = "the source exited with code 137 (SIGKILL): the kernel ended it for want of memory"

var (
	namespaces   = []string{"ads", "crm", "finance", "hr", "logistics", "ops", "shop-eu", "support", "web"}
	sources      = []string{"billing-db", "crm-api", "tickets-api", "events-kafka", "inventory-db", "ledger-db", "ads-api", "mail-api", "sensors-mqtt", "search-logs"}
	destinations = []string{"lake", "warehouse", "archive", "search"}
	things       = []string{"accounts", "campaigns", "contacts", "invoices", "clicks", "shipments", "tickets", "sessions", "readings", "budgets", "leads", "parcels"}
	schedules    = []string{"every 15m", "every 1h", "every 6h", "0 2 * * * Europe/Berlin", "30 4 * * 1-5 America/New_York", "manual"}
	failures     = []string{
		sourceOOM, "the destination exited with code 1", "the source reported an error: the API answers 503 (transient_error)",
		"the source gave no sign of life for 3h (timeouts.sourceIdle)", "the lease of this connection is lost",
	}
	shortfalls = []string{
		"stream public.accounts: the destination did not return 2 of 31 states",
		"stream public.tickets: the source never said it is COMPLETE",
		"stream leads: 12,400 records were relayed, the destination says 12,388 written and 0 rejected",
	}
)

// crowd makes connections of all kinds, most of them well.
func (w *World) crowd(n int) []*Connection {
	all := make([]*Connection, 0, max(n, 0))
	for i := range max(n, 0) {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		c := &Connection{
			Namespace: namespaces[i%len(namespaces)], Name: fmt.Sprintf("%s-%04d", things[r.IntN(len(things))], i),
			Source: sources[r.IntN(len(sources))], Destination: destinations[r.IntN(len(destinations))], Schedule: schedules[r.IntN(len(schedules))],
		}
		if c.Schedule != "manual" {
			c.Next = w.start.Add(time.Duration(r.IntN(6*3600)) * time.Second)
		}
		w.fate(c, r)
		all = append(all, c)
	}
	return all
}

// fate decides how a connection stands.
func (w *World) fate(c *Connection, r *rand.Rand) {
	records := int64(1) << (4 + r.IntN(18)) * int64(100+r.IntN(100)) / 100
	ago, took := time.Duration(r.IntN(20*3600))*time.Second, time.Duration(2+r.IntN(900))*time.Second
	c.Last = &Last{ID: int64(60 + r.IntN(900)), Status: api.Succeeded, Started: w.start.Add(-ago - took), Ended: w.start.Add(-ago), Records: records, Bytes: records * int64(120+r.IntN(900))}
	switch p := r.IntN(1000); {
	case p < 25:
		c.Last.Status, c.Last.Reasons, c.FailuresInRow = api.Failed, []string{failures[r.IntN(len(failures))]}, 1+r.IntN(4)
	case p < 40:
		c.Last.Status, c.Last.Reasons, c.FailuresInRow = api.Incomplete, []string{shortfalls[r.IntN(len(shortfalls))]}, 1
	case p < 45:
		c.Last.Status, c.Last.Reasons = api.Cancelled, []string{"cancelled"}
	case p < 60:
		c.Running = &Running{ID: c.Last.ID + 1, Attempt: 1 + r.IntN(2), Started: w.start.Add(-time.Duration(r.IntN(1500)) * time.Second)}
	case p < 65:
		c.Last, c.Status = nil, api.Never
	}
	if r.IntN(40) == 0 {
		c.Paused, c.PausedBy, c.Next = true, []api.PausedBy{api.PausedByAPI, api.PausedBySpec, api.PausedBySchemaChange}[r.IntN(3)], time.Time{}
	}
	if c.Last != nil {
		c.Status = c.Last.Status
	}
	if c.Running != nil {
		c.Status = api.Running
	}
}

// chance gives the same numbers for the same words.
func chance(words ...any) *rand.Rand {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, words...) // a hash takes it all
	return rand.New(rand.NewPCG(h.Sum64(), 1))
}
