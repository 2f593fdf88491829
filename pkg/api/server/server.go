package server

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
)

// Config of a server. All but Schemas, Tokens and Local is needed.
type Config struct {
	Store     Store
	Documents Documents
	Plans     Plans
	Scheduler Scheduler
	Cancels   Canceller
	Logs      Logs
	Asker     Asker
	// Schemas, if set, knows what syncs have found of changed schemas.
	Schemas Schemas
	// Tokens knows tokens; nil: there are none.
	Tokens Tokens
	// Local, if set, lets requests in that bring no token and come from this
	// machine: the addresses ("127.0.0.1:8080") that the server is bound to, all
	// of them loopback.
	Local []string
	// Holder names this process in the leases it takes to set states.
	Holder string
	// Version of the build.
	Version string
	// Rate is how many requests a second one caller may send for long, four times
	// as many at once; 0: 50.
	Rate int
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Server serves the API. Make it by New.
type Server struct {
	Config
	view   *view
	limits *limits
	local  localAddresses
	now    func() time.Time
}

// New makes a Server.
func New(c Config) (*Server, error) {
	s := &Server{Config: c, limits: newLimits(c.Rate), now: c.Now}
	if s.now == nil {
		s.now = time.Now
	}
	s.view = &view{server: s}
	var err error
	s.local, err = newLocalAddresses(c.Local)
	return s, err
}

// Changed tells the server that a sync has begun or ended, so that lists need not
// find out.
func (s *Server) Changed() { s.view.old() }

// Wait waits for what the server does behind its answers: for the end of the
// process, once the host has stopped.
func (s *Server) Wait() { s.view.behind.Wait() }

// answerer does an operation; what it gives is the answer's body.
type answerer func(context.Context, *request) (any, error)

// streamer begins an answer of server-sent events: what can go wrong with the
// request goes wrong here, the stream itself is written by what it gives.
type streamer func(context.Context, *request) (func(context.Context, *eventWriter) error, error)

// answers and followers are the operations. A test holds them to the table.
func (s *Server) answers() map[api.OperationID]answerer {
	return map[api.OperationID]answerer{
		api.ListConnections: s.listConnections, api.GetConnection: s.getConnection, api.GetCounts: s.getCounts,
		api.PauseConnection: s.pause(true), api.ResumeConnection: s.pause(false),
		api.GetState: s.getState, api.PutState: s.putState,
		api.ListSyncs: s.listSyncs, api.StartSync: s.startSync, api.GetSync: s.getSync, api.CancelSync: s.cancelSync,
		api.GetLogs:       s.getLogs,
		api.CheckResource: s.check, api.DiscoverResource: s.discover, api.SpecResource: s.spec,
		api.ListSources: s.listSources, api.ListDestinations: s.listDestinations,
		api.GetVersion: s.getVersion, api.GetWhoami: s.getWhoami,
	}
}

func (s *Server) followers() map[api.OperationID]streamer {
	return map[api.OperationID]streamer{
		api.FollowLogs: s.followLogs, api.FollowSync: s.followSync, api.FollowAll: s.followAll,
	}
}

// Function is what a host serves: the operations below api.Base, and the OpenAPI
// document.
func (s *Server) Function() host.Function {
	f := host.Function{Name: "api", Routes: []host.Route{{Method: http.MethodGet, Path: api.OpenAPIPath, Handle: openAPI}}}
	answers, streams := s.answers(), s.followers()
	for _, o := range api.Operations {
		answer, stream := answers[o.ID], streams[o.ID]
		if answer == nil && stream == nil {
			panic(fmt.Sprintf("the operation %s is not served", o.ID))
		}
		f.Routes = append(f.Routes, host.Route{Method: o.Method, Path: hostPath(o.Path), Handle: s.handle(o, answer, stream)})
	}
	return f
}

// hostPath writes {name} as :name.
func hostPath(path string) string {
	return api.Base + strings.NewReplacer("{", ":", "}", "").Replace(path)
}

func openAPI(context.Context, *host.Call) (*host.Response, error) {
	return &host.Response{Header: http.Header{"Content-Type": {"application/json"}}, Body: api.OpenAPI}, nil
}

// handle is the way of every request: who asks, how much, what exactly, and the
// same answer again to what was asked before.
func (s *Server) handle(o api.Operation, answer answerer, stream streamer) host.HTTPHandler {
	return func(ctx context.Context, c *host.Call) (*host.Response, error) {
		who, err := s.identify(o, c)
		if err != nil {
			return nil, err
		}
		if err := s.limits.take(who, s.now()); err != nil {
			return nil, err
		}
		r, err := newRequest(o, c, who)
		if err != nil {
			return nil, err
		}
		if stream != nil {
			return s.stream(ctx, r, stream)
		}
		if o.Method != http.MethodGet {
			host.Log(ctx).Info("asked for", "operation", string(o.ID), "by", who.name, "connection", r.key())
		}
		return s.onlyOnce(ctx, r, func(ctx context.Context) (*host.Response, error) {
			body, err := answer(ctx, r)
			if err != nil {
				return nil, plainly(err)
			}
			return respond(r, body)
		})
	}
}
