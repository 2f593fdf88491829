package client

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"knelt.dev/bridge/secure"
	"knelt.dev/bridge/wire"
)

// Attach dials the bridge until it answers, for Config.Appear at most, as the
// relay of Config.Epoch. ctx bounds the attaching only. Errors: ErrPodLost,
// ErrSuperseded or another *RefusedError, a *ProtocolError, or ctx's.
func Attach(ctx context.Context, cfg Config) (*Run, error) {
	settings, err := secure.RelayConfig(cfg.Seed)
	if err != nil {
		return nil, fmt.Errorf("keys for the bridge at %s: %w", cfg.Addr, err)
	}
	r := newRun(cfg.withDefaults(), settings)
	l, h, err := r.connect(ctx, 0, time.Now().Add(r.cfg.Appear))
	if err == nil {
		err = r.begin(l, h)
	}
	if err != nil {
		r.cancel(err)
		return nil, err
	}
	go r.keep(l)
	return r, nil
}

// begin takes what the first ATTACHED tells.
func (r *Run) begin(l *link, h *hello) error {
	r.attached, r.snapshot = h.AttachedPayload, h.snapshot
	_, err := r.adopt(l, h, true)
	if err != nil {
		l.discard()
	}
	return err
}

// adopt makes l the connection in use and goes on from what its bridge told.
func (r *Run) adopt(l *link, h *hello, first bool) ([]wire.MarkPayload, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	remembered, err := r.stdin.attached(&h.AttachedPayload, first)
	err = errors.Join(err, r.stdout.attached(h.Stdout, first), r.stderr.attached(h.Stderr, first), r.say.goesOn(h.State))
	if err != nil {
		return nil, r.lost("its bridge is not the one that was attached before", err)
	}
	r.say.attached()
	r.link = l
	if r.ctx.Err() != nil {
		l.close() // it came too late
	}
	r.changed.Broadcast()
	return remembered, nil
}

// goesOn compares the state of a bridge with what was said to it.
func (q *requests) goesOn(s wire.State) error {
	switch {
	case q.start == nil:
	case s != wire.Waiting:
		q.start.taken()
	case q.start.done:
		return errors.New("its connector had been started, and now it waits for that")
	}
	return nil
}

// keep serves connections until the run is over.
func (r *Run) keep(l *link) {
	defer close(r.ended)
	p := pace{since: time.Now()}
	for {
		began := time.Now()
		err := l.serve()
		r.drop()
		if !isVerdict(err) {
			p.after(began, l.fruitful)
			l, err = r.again(&p, err)
		}
		if err != nil {
			r.fail(err)
			return
		}
	}
}

// pace is when to dial again. A bridge that is reached but cuts each connection
// at once is one that does not answer.
type pace struct {
	wait  time.Duration
	since time.Time // when it began not to answer
}

func (p *pace) after(began time.Time, fruitful bool) {
	switch {
	case fruitful:
		p.wait, p.since = 0, time.Now()
	case time.Since(began) < longestWait:
		p.wait = min(max(firstWait, 2*p.wait), longestWait)
	default:
		p.wait = 0
	}
}

// again dials after a cut.
func (r *Run) again(p *pace, cut error) (*link, error) {
	limit, err := r.patience(cut)
	if err != nil {
		return nil, err
	}
	if p.wait > 0 && limit > 0 && time.Since(p.since) > limit {
		return nil, r.lost(fmt.Sprintf("its bridge has ended each connection at once for %s", limit), cut)
	}
	r.cfg.Log.Info("the connection to a bridge was cut: dialing again", "bridge", r.cfg.Addr, "error", cut)
	l, h, err := r.connect(r.ctx, p.wait, p.since.Add(limit))
	if err != nil {
		return nil, r.settled(err)
	}
	remembered, err := r.adopt(l, h, false)
	if err != nil {
		l.discard()
		return nil, err
	}
	r.tell(remembered)
	return l, nil
}

// settled takes a bridge that is gone behind DONE for one that has heard it.
func (r *Run) settled(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.say.done && errors.Is(err, syscall.ECONNREFUSED) {
		r.answered = true
		return errLeft
	}
	return err
}

// patience is how long to dial again after a cut, or why not to. Behind DONE one
// try is enough.
func (r *Run) patience(cut error) (time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.say.detach:
		return 0, errLeft
	case r.say.terminated && r.say.start == nil && r.attached.State == wire.Waiting:
		return 0, r.lost("its bridge was told to end before its connector was started", cut)
	case r.say.done:
		return 0, nil
	}
	return r.cfg.GiveUp, nil
}

// drop forgets the connection in use.
func (r *Run) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.link = nil
}

// hangUp ends all that is under way.
func (r *Run) hangUp() {
	r.cancel(errLeft)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.link != nil {
		r.link.close()
	}
}

// discard ends a connection that was never served.
func (l *link) discard() {
	l.close()
	l.r.Close()
	l.w.Close()
}
