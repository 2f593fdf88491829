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
	// lookThrough is how often all plans are looked through.
	lookThrough = 10 * time.Minute
	markName    = "scheduler/documents"
	page        = 2000
)

// mark is what is kept of the last time that plans were brought up to documents.
type mark struct {
	// Version of the documents; "" if it cannot be told.
	Version string `json:"version"`
	// Token names whoever did it: what others know of plans is old.
	Token string `json:"token"`
	// Full is when all plans were looked through.
	Full time.Time `json:"full"`
}

// reconcile brings the plans up to the documents, if these have changed: new
// and changed ones are planned, removed ones dropped. Every ten minutes all plans
// are looked through.
func (s *Scheduler) reconcile(ctx context.Context, now time.Time, r *Report) error {
	version, err := s.version(ctx)
	if err != nil {
		return fmt.Errorf("looking at the documents: %w", err)
	}
	m, ok, err := s.mark(ctx)
	if err != nil {
		return err
	}
	full := !ok || now.Sub(m.Full).Abs() >= lookThrough
	if !full && version != "" && version == m.Version {
		return nil
	}
	list, err := s.Documents.List(ctx)
	if err != nil {
		return fmt.Errorf("listing the documents: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if full {
		m.Full = now
	}
	if full || s.known == nil || m.Token != s.token {
		if err := s.lookThrough(ctx, now); err != nil {
			return err
		}
	}
	if err := s.compare(ctx, list, now, r); err != nil {
		return err
	}
	m.Version, m.Token = version, rand.Text()
	s.token = m.Token
	return s.saveMark(ctx, m)
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
	return s.Store.SaveMemo(ctx, markName, text, lookThrough)
}

// lookThrough reads all plans, to know what they were made of, and puts in order
// those that are not. The plans are the truth, whatever an index says.
func (s *Scheduler) lookThrough(ctx context.Context, now time.Time) error {
	known := map[string]string{}
	var mend []store.Plan
	for after := ""; ; {
		list, next, err := s.Store.Plans(ctx, after, page)
		if err != nil {
			return fmt.Errorf("looking through the plans: %w", err)
		}
		for _, p := range list {
			known[p.Connection] = p.Revision
			if healed, wrong := heal(p, now); wrong || overdue(p, now) {
				mend = append(mend, healed)
			}
		}
		if next == "" {
			break
		}
		after = next
	}
	s.known = known
	return s.each(mend, func(p store.Plan) (outcome, error) {
		_, err := s.Store.SavePlan(ctx, p)
		return outcome{}, unlessConflict(err)
	}, &Report{})
}

// overdue tells that a plan should long have been looked at: to write it again
// brings it back into the index.
func overdue(p store.Plan, now time.Time) bool {
	return !p.Next.IsZero() && now.Sub(p.Next) > lookThrough
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
