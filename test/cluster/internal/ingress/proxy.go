package ingress

import (
	"context"
	"errors"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"time"
)

// Proxy passes requests on by the newest table.
type Proxy struct {
	table      atomic.Pointer[table]
	http1, h2c *http.Transport
}

// NewProxy is a proxy without routes.
func NewProxy() *Proxy {
	p := &Proxy{}
	p.table.Store(newTable(nil, nil, nil))
	p.http1, p.h2c = p.transport(), p.transport()
	p.h2c.Protocols = new(http.Protocols)
	p.h2c.Protocols.SetUnencryptedHTTP2(true)
	return p
}

func (p *Proxy) transport() *http.Transport {
	return &http.Transport{
		DialContext: p.dial, MaxIdleConnsPerHost: 100, IdleConnTimeout: 10 * time.Second,
		DisableCompression: true, // bytes are passed on as they are
	}
}

// use takes another table. Connections to endpoints that are no more must not be
// used again.
func (p *Proxy) use(t *table) {
	p.table.Store(t)
	p.http1.CloseIdleConnections()
	p.h2c.CloseIdleConnections()
}

// Handler serves the public port, or the private one.
func (p *Proxy) Handler(private bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := p.table.Load()
		path, found := t.find(r, private)
		if !found {
			http.Error(w, "the ingress has no route for "+r.Host, http.StatusNotFound)
			return
		}
		split, found := path.pick(rand.IntN(100)) //nolint:gosec // which one it is need not be a secret
		if !found {
			http.Error(w, "the route has no backend", http.StatusServiceUnavailable)
			return
		}
		to := split.backend()
		proxy := &httputil.ReverseProxy{
			FlushInterval: -1, // streams are not held up
			Transport:     p.http1,
			ErrorHandler:  failed,
			Rewrite:       func(r *httputil.ProxyRequest) { rewrite(r, path, split) },
		}
		if t.backends[to].h2c {
			proxy.Transport = p.h2c
		}
		proxy.ServeHTTP(w, r)
	})
}

// rewrite names the backend by a host that dial understands, and nobody else sees.
func rewrite(r *httputil.ProxyRequest, p path, s split) {
	to := s.backend()
	r.Out.URL.Scheme = "http"
	r.Out.URL.Host = net.JoinHostPort(strings.ReplaceAll(to.service, "/", "."), to.port)
	r.Out.Host = r.In.Host
	r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
	r.SetXForwarded()
	if p.RewriteHost != "" {
		r.Out.Host = p.RewriteHost
	}
	for _, headers := range []map[string]string{p.AppendHeaders, s.AppendHeaders} {
		for name, value := range headers {
			r.Out.Header.Set(name, value)
		}
	}
}

var errNoEndpoint = errors.New("the service has no ready endpoint")

// dial connects to one of the endpoints, whichever answers: at that point
// nothing has been sent.
func (p *Proxy) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	// Neither names of namespaces nor of services have dots.
	e := p.table.Load().backends[backend{strings.Replace(host, ".", "/", 1), port}]
	err = errNoEndpoint
	dialer := net.Dialer{Timeout: 3 * time.Second}
	for _, i := range rand.Perm(len(e.addresses))[:min(3, len(e.addresses))] { //nolint:gosec // any will do
		var conn net.Conn
		if conn, err = dialer.DialContext(ctx, network, e.addresses[i]); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

func failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the client has gone
	}
	log.Printf("%s %s: %v", r.Method, r.Host, err)
	code := http.StatusBadGateway
	if errors.Is(err, errNoEndpoint) {
		code = http.StatusServiceUnavailable
	}
	http.Error(w, "the ingress could not pass on the request: "+err.Error(), code)
}
