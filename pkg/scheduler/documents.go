package scheduler

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"knelt.dev/pkg/store"
)

const (
	// compareEvery is how often plans are compared with documents of which
	// nobody says that they have changed.
	compareEvery = 6 * time.Hour
	markName     = "scheduler/documents"
	// page is how many plans are read at a time where all are, round how many a
	// tick looks through.
	page  = 2000
	round = 500
)

// mark is what is kept of the last time that plans were brought up to documents.
type mark struct {
	// Version of the documents; "" if it cannot be told.
	Version string `json:"version"`
	// Token names whoever did it: what others know of plans is old.
	Token string `json:"token"`
	// Full is when all plans were compared last.
	Full time.Time `json:"full"`
	// Cursor is the plan up to which they were looked through.
	Cursor string `json:"cursor"`
}

// reconcile brings the plans up to the documents, if these have changed: new
// and changed ones are planned, removed ones dropped. Besides it looks through
// some plans.
func (s *Scheduler) reconcile(ctx context.Context, now time.Time, r *Report) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	version, err := s.version(ctx)
	if err != nil {
		return fmt.Errorf("looking at the documents: %w", err)
	}
	m, ok, err := s.mark(ctx)
	if err != nil {
		return err
	}
	full := !ok || now.Sub(m.Full).Abs() >= compareEvery
	if full || version == "" || version != m.Version {
		if err := s.bringUp(ctx, &m, full, now, r); err != nil {
			return err
		}
		m.Version = version
	}
	if m.Cursor, err = s.mend(ctx, m.Cursor, now); err != nil {
		return err
	}
	return s.saveMark(ctx, m)
}

// bringUp brings the plans up to the documents.
func (s *Scheduler) bringUp(ctx context.Context, m *mark, full bool, now time.Time, r *Report) error {
	list, err := s.Documents.List(ctx)
	if err != nil {
		return fmt.Errorf("listing the documents: %w", err)
	}
	if full {
		m.Full = now
	}
	if full || s.known == nil || m.Token != s.token {
		if err := s.learnKnown(ctx); err != nil {
			return err
		}
	}
	if err := s.compare(ctx, list, now, r); err != nil {
		return err
	}
	m.Token = rand.Text()
	s.token = m.Token
	return nil
}

// version tells cheaply whether documents have changed; "" if nobody can.
func (s *Scheduler) version(ctx context.Context) (string, error) {
	if v, can := s.Documents.(interface {
		Version(ctx context.Context) (string, error)
	}); can {
		return v.Version(ctx)
	}
	return "", nil
}

func (s *Scheduler) mark(ctx context.Context) (m mark, ok bool, err error) {
	text, ok, err := s.Store.Memo(ctx, markName)
	if err != nil || !ok {
		return m, false, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return mark{}, false, nil //nolint:nilerr // it is found out again
	}
	return m, true, nil
}

func (s *Scheduler) saveMark(ctx context.Context, m mark) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.Store.SaveMemo(ctx, markName, text, 2*compareEvery)
}

// learnKnown reads of which documents all plans were made.
func (s *Scheduler) learnKnown(ctx context.Context) error {
	known := map[string]string{}
	for after := ""; ; {
		list, next, err := s.Store.Plans(ctx, after, page)
		if err != nil {
			return fmt.Errorf("reading the plans: %w", err)
		}
		for _, p := range list {
			known[p.Connection] = p.Revision
		}
		if next == "" {
			s.known = known
			return nil
		}
		after = next
	}
}

// mend looks through the next plans and puts in order those that are not, also
// in the index: the plans are the truth. So all are looked at in turn, a few a
// tick.
func (s *Scheduler) mend(ctx context.Context, after string, now time.Time) (next string, err error) {
	list, next, err := s.Store.Plans(ctx, after, round)
	if err != nil {
		return after, fmt.Errorf("looking through the plans: %w", err)
	}
	var wrong []store.Plan
	for _, p := range list {
		if healed, is := heal(p, now); is || overdue(p, now) {
			wrong = append(wrong, healed)
		}
	}
	return next, parallel(positive(s.Parallel, defaultParallel), wrong, func(p store.Plan) error {
		_, err := s.Store.SavePlan(ctx, p)
		return unlessConflict(err)
	})
}

// late is how long a plan may be due without anybody's looking at it.
const late = 10 * time.Minute

// overdue tells that a plan should long have been looked at: to write it again
// brings it back into the index.
func overdue(p store.Plan, now time.Time) bool {
	return !p.Next.IsZero() && now.Sub(p.Next) > late
}

// compare plans the documents whose revision is not the known one, and drops
// plans without a document.
func (s *Scheduler) compare(ctx context.Context, list []Document, now time.Time, r *Report) error {
	there := make(map[string]bool, len(list))
	var changed, done []Document
	for _, d := range list {
		key := d.Ref.String()
		there[key] = true
		if revision, is := s.known[key]; !is || revision != d.Revision {
			changed = append(changed, d)
		}
	}
	workers := positive(s.Parallel, defaultParallel)
	var mu sync.Mutex
	planned := parallel(workers, changed, func(d Document) error {
		_, is := s.known[d.Ref.String()] // nobody writes it before all are done
		if err := s.plan(ctx, d, is, now); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		r.planned(d)
		done = append(done, d)
		return nil
	})
	for _, d := range done {
		s.known[d.Ref.String()] = d.Revision
	}
	return errors.Join(planned, s.drop(ctx, there, r))
}

func (r *Report) planned(d Document) {
	r.Planned++
	if d.Problem != "" {
		r.Problems = append(r.Problems, Problem{d.Ref.String(), d.Problem})
	}
}

// drop drops the plans of connections that are not there any more.
func (s *Scheduler) drop(ctx context.Context, there map[string]bool, r *Report) error {
	var errs []error
	for key := range s.known {
		if there[key] {
			continue
		}
		if err := s.Store.DropPlan(ctx, key); err != nil {
			errs = append(errs, err)
			continue
		}
		delete(s.known, key)
		r.Dropped++
	}
	return summary(errs)
}

// plan plans one document. Of one that is not known there is no plan to read.
func (s *Scheduler) plan(ctx context.Context, d Document, known bool, now time.Time) error {
	key := d.Ref.String()
	for range tries {
		var p store.Plan
		if known {
			var err error
			if p, err = s.Store.Plan(ctx, key); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		p, err := settle(replan(p, d, now), now)
		if err != nil {
			return fmt.Errorf("connection %s: %w", key, err)
		}
		_, err = s.Store.SavePlan(ctx, p)
		if !errors.As(err, new(*store.ConflictError)) {
			return err
		}
		known = true
	}
	return fmt.Errorf("connection %s: %w: its plan is being written all the time", key, store.ErrUnavailable)
}

func unlessConflict(err error) error {
	if errors.As(err, new(*store.ConflictError)) {
		return nil
	}
	return err
}
