package server_test

import (
	"context"
	"sync"

	"knelt.dev/pkg/api/server"
)

// plans is what a scheduler would remember.
type plans struct {
	mu  sync.Mutex
	all []server.Plan
}

func (p *plans) Plans(_ context.Context, after string, limit int) ([]server.Plan, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var page []server.Plan
	for _, plan := range p.all {
		if plan.Connection > after && len(page) == limit {
			return page, page[limit-1].Connection, nil
		}
		if plan.Connection > after {
			page = append(page, plan)
		}
	}
	return page, "", nil
}

func (p *plans) Plan(_ context.Context, name string) (server.Plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, plan := range p.all {
		if plan.Connection == name {
			return plan, nil
		}
	}
	return server.Plan{}, nil
}

func (p *plans) set(plan server.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.all {
		if p.all[i].Connection == plan.Connection {
			p.all[i] = plan
			return
		}
	}
	p.all = append(p.all, plan)
}
