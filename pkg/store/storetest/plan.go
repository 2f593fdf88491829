package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/schedule"
	"knelt.dev/pkg/store"
)

var planTests = group{
	"IsNotThereAtFirst":               noPlan,
	"IsKeptWhole":                     wholePlan,
	"IsWrittenByWhoeverReadItLast":    comparedPlan,
	"MayBeSavedAgainWithoutAnAnswer":  repeatedPlan,
	"OfWrongArgumentsIsRefused":       wrongPlan,
	"IsDueByItsTime":                  duePlans,
	"IsListedWithoutGapsOrTwice":      listedPlans,
	"AndItsTimeAreAlwaysTold":         plansAndTimes,
	"CountsEachOfManyWritersOnce":     countedPlan,
	"OfASyncToCancelIsAWishForAWhile": cancelWish,
}

func noPlan(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	if p, err := s.Plan(t.Context(), conn); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an empty store has the plan %+v (error %v)", p, err)
	}
	list, next, err := s.Plans(t.Context(), "", 10)
	due, err2 := s.DuePlans(t.Context(), time.Now(), 10)
	if len(list) != 0 || next != "" || len(due) != 0 || errors.Join(err, err2) != nil {
		t.Errorf("an empty store lists %v %q %v (errors %v, %v)", list, next, due, err, err2)
	}
	ok(t, s.DropPlan(t.Context(), conn))
}

// moment is in whole milliseconds, as stores keep times.
var moment = time.Date(2026, 3, 1, 2, 0, 0, 1e6, time.UTC)

func planned(name string, next time.Time) store.Plan {
	return store.Plan{Connection: name, Next: next}
}

func savePlan(t testing.TB, s store.Store, p store.Plan) store.Plan {
	t.Helper()
	kept, err := s.SavePlan(t.Context(), p)
	ok(t, err)
	return kept
}

func wholePlan(t *testing.T, h Harness) {
	p := store.Plan{
		Connection: "te{a}m/ä %", Next: moment.Add(900 * time.Microsecond), NextDue: moment, Source: "shop", Destination: "lake",
		Schedule: "every 1h", Spec: schedule.Spec{Every: time.Hour, CatchUp: schedule.All, Jitter: time.Second}, Revision: "abc", Problem: "none", PausedBySpec: true, Paused: true, GaveUp: "too often",
		Since: moment, Due: moment, Retry: moment, NotBefore: moment, FailuresInRow: 3, Tries: 2,
		Asked: &store.Asked{
			Kind: "sync", Due: moment.Add(time.Nanosecond), Attempt: 2, Reason: "retry", Refresh: []airbyte.Descriptor{{Name: "users"}},
			At: moment, Sent: moment, Seen: moment, Sync: 7, Started: moment, Ended: true,
		},
		Last: &store.LastSync{
			ID: 7, Status: store.Failed, Due: moment, Attempt: 1, Started: moment, Ended: moment.Add(time.Hour),
			Records: 5, Bytes: 6, Reasons: []string{"<&>"}, Failure: "config_error",
		},
	}
	kept := savePlan(t, h.Open(t, 0), p)
	got, err := h.Open(t, 0).Plan(t.Context(), p.Connection)
	ok(t, err)
	want := p
	asked := *p.Asked
	want.Version, want.Next, asked.Due, want.Asked = 1, moment, moment, &asked
	if text := fmt.Sprintf("%+v %+v %+v", want, want.Asked, want.Last); samePlan(got) != samePlan(want) || samePlan(kept) != samePlan(want) {
		t.Errorf("kept is\n%s\nand returned\n%s, want\n%s\n%s", samePlan(got), samePlan(kept), samePlan(want), text)
	}
	if p.Asked.Due.Equal(moment) || p.Version != 0 {
		t.Error("the caller's plan was changed")
	}
	names, err := h.Open(t, 0).Connections(t.Context())
	if err != nil || len(names) != 0 {
		t.Errorf("a plan made the connections %q (error %v)", names, err)
	}
}

// samePlan is a plan as text, with what its pointers point to.
func samePlan(p store.Plan) string {
	var asked, last string
	if p.Asked != nil {
		asked = fmt.Sprintf("%+v", *p.Asked)
	}
	if p.Last != nil {
		last = fmt.Sprintf("%+v", *p.Last)
	}
	p.Asked, p.Last = nil, nil
	return fmt.Sprintf("%+v %s %s", p, asked, last)
}

func comparedPlan(t *testing.T, h Harness) {
	a, b := h.Open(t, 0), h.Open(t, 0)
	first := savePlan(t, a, planned(conn, moment))
	before := h.Dump(t)
	for name, stale := range map[string]store.Plan{
		"of a new plan": planned(conn, moment.Add(time.Hour)), "of a later version": {Connection: conn, Version: 2},
	} {
		_, err := b.SavePlan(t.Context(), stale)
		var conflict *store.ConflictError
		if !errors.As(err, &conflict) || conflict.Connection != conn || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("a write %s over version 1: error %v, want a ConflictError", name, err)
		}
	}
	if h.Dump(t) != before {
		t.Error("a refused write changed the store")
	}
	first.Source = "other"
	if second := savePlan(t, b, first); second.Version != 2 {
		t.Errorf("the second version is %d", second.Version)
	}
	ok(t, a.DropPlan(t.Context(), conn))
	if _, err := b.SavePlan(t.Context(), store.Plan{Connection: conn, Version: 2}); !errors.As(err, new(*store.ConflictError)) {
		t.Errorf("a dropped plan was written: error %v", err)
	}
	if again := savePlan(t, b, planned(conn, moment)); again.Version != 1 {
		t.Errorf("a new plan has version %d", again.Version)
	}
}

func repeatedPlan(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	p := savePlan(t, s, planned(conn, moment))
	p.Source = "shop"
	once, again := savePlan(t, s, p), savePlan(t, s, p)
	if samePlan(once) != samePlan(again) || again.Version != 2 {
		t.Errorf("the same write again gives\n%s, want\n%s", samePlan(again), samePlan(once))
	}
}

func wrongPlan(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	for name, err := range map[string]error{
		"a plan of nobody":         second(s.SavePlan(t.Context(), store.Plan{})),
		"a version before 0":       second(s.SavePlan(t.Context(), store.Plan{Connection: conn, Version: -1})),
		"a cancel of nobody":       s.AskCancel(t.Context(), "", 1, hour),
		"a cancel of sync 0":       s.AskCancel(t.Context(), conn, 0, hour),
		"a cancel for no time":     s.AskCancel(t.Context(), conn, 1, 0),
		"a cancel for a microtime": s.AskCancel(t.Context(), conn, 1, time.Microsecond),
	} {
		if err == nil || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if list, _, err := s.Plans(t.Context(), "", 10); err != nil || len(list) != 0 {
		t.Errorf("kept was %v (error %v)", list, err)
	}
}

func second[T any](_ T, err error) error { return err }

func duePlans(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	at := func(minutes int) time.Time { return moment.Add(time.Duration(minutes) * time.Minute) }
	a, b := savePlan(t, s, planned("a", at(3))), savePlan(t, s, planned("b", at(1)))
	savePlan(t, s, planned("c", time.Time{}))
	savePlan(t, s, planned("d", at(2)))
	savePlan(t, s, planned("e", at(9)))
	wantDue(t, s, at(0), 10, "")
	wantDue(t, s, at(1).Add(-time.Millisecond), 10, "")
	wantDue(t, s, at(1), 10, "b")
	wantDue(t, s, at(3), 10, "b d a")
	wantDue(t, s, at(3), 2, "b d")
	wantDue(t, s, at(3), 0, "")
	b.Next, a.Next = time.Time{}, at(9)
	savePlan(t, s, b)
	savePlan(t, s, a)
	ok(t, s.DropPlan(t.Context(), "d"))
	wantDue(t, s, at(9), 10, "a e")
}

func wantDue(t testing.TB, s store.Store, until time.Time, limit int, want string) {
	t.Helper()
	list, err := s.DuePlans(t.Context(), until, limit)
	ok(t, err)
	if got := strings.Join(namesOf(list), " "); got != want {
		t.Errorf("due at %s are %q, want %q", until, got, want)
	}
}

func namesOf(list []store.Plan) []string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Connection
	}
	return names
}

func listedPlans(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	var want []string
	for i := range 200 {
		want = append(want, fmt.Sprintf("team-%d/o%drders", i%3, i*i))
	}
	want = append(want, "ä", "{}", "a b", "Z", "-", "[", "(x")
	for _, name := range want {
		savePlan(t, s, planned(name, time.Time{}))
	}
	slices.Sort(want)
	for _, limit := range []int{1, 7, 100, 1000, 100_000} {
		var got []string
		for after := ""; ; {
			list, next, err := s.Plans(t.Context(), after, limit)
			ok(t, err)
			if len(list) > limit || next != "" && len(list) == 0 {
				t.Fatalf("limit %d: %d plans and %q after %q", limit, len(list), next, after)
			}
			if got = append(got, namesOf(list)...); next == "" {
				break
			}
			after = next
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d at a time:\n%q, want\n%q", limit, got, want)
		}
	}
	list, _, err := s.Plans(t.Context(), "team-1/", 3)
	ok(t, err)
	if len(list) == 0 || list[0].Connection != "team-1/o10000rders" {
		t.Errorf("after the first of a namespace come %q", namesOf(list))
	}
}

// plansAndTimes writes and drops at random: what is due is at all times what the
// plans say.
func plansAndTimes(t *testing.T, h Harness) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := h.Open(t, 0)
	kept := map[string]store.Plan{}
	for range 150 {
		name := fmt.Sprint("connection-", random.IntN(20))
		p := kept[name]
		p.Connection, p.Next = name, time.Time{}
		if random.IntN(4) > 0 {
			p.Next = moment.Add(time.Duration(random.IntN(100)) * time.Minute)
		}
		if random.IntN(5) == 0 {
			ok(t, s.DropPlan(t.Context(), name))
			delete(kept, name)
		} else {
			kept[name] = savePlan(t, s, p)
		}
		until := moment.Add(time.Duration(random.IntN(100)) * time.Minute)
		var want []string
		for name, p := range kept {
			if !p.Next.IsZero() && !p.Next.After(until) {
				want = append(want, name)
			}
		}
		list, err := s.DuePlans(t.Context(), until, 1000)
		ok(t, err)
		got := namesOf(list)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("due at %s are\n%q, want\n%q", until, got, want)
		}
	}
}

func countedPlan(t *testing.T, h Harness) {
	const writers, each = 6, 8
	var all sync.WaitGroup
	for range writers {
		s := h.Open(t, 0)
		all.Go(func() {
			for range each {
				for {
					p, err := s.Plan(t.Context(), conn)
					if errors.Is(err, store.ErrNotFound) {
						p, err = store.Plan{Connection: conn}, nil
					}
					if err != nil {
						t.Error(err)
						return
					}
					p.FailuresInRow++
					p.Source = fmt.Sprintf("%p", &p) // no two writers write the same
					if _, err = s.SavePlan(t.Context(), p); err == nil {
						break
					}
					if !errors.As(err, new(*store.ConflictError)) {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	all.Wait()
	p, err := h.Open(t, 0).Plan(t.Context(), conn)
	ok(t, err)
	if p.FailuresInRow != writers*each || p.Version != writers*each {
		t.Errorf("counted to %d in %d versions, want %d", p.FailuresInRow, p.Version, writers*each)
	}
}

func cancelWish(t *testing.T, h Harness) {
	s := h.Open(t, 0)
	wantCancel(t, s, conn, 0)
	ok(t, s.AskCancel(t.Context(), conn, 3, 300*time.Millisecond))
	ok(t, s.AskCancel(t.Context(), "{other}", 4, hour))
	wantCancel(t, h.Open(t, 0), conn, 3)
	h.Pass(400 * time.Millisecond)
	wantCancel(t, s, conn, 0)
	wantCancel(t, s, "{other}", 4)
	ok(t, s.AskCancel(t.Context(), "{other}", 5, hour))
	wantCancel(t, s, "{other}", 5)
}

func wantCancel(t testing.TB, s store.Store, connection string, want int64) {
	t.Helper()
	sync, is, err := s.CancelAsked(t.Context(), connection)
	ok(t, err)
	if is != (want != 0) || sync != want {
		t.Errorf("the end of sync %d of %q was asked for (%v), want %d", sync, connection, is, want)
	}
}
