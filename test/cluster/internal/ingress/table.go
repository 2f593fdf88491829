package ingress

import (
	"cmp"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// table is all that a request needs, in one value that never changes.
type table struct {
	// hosts has the paths of a host, the most particular first.
	hosts map[string][]route
	// backends has the addresses of a service's port.
	backends map[backend]endpoints
}

type route struct {
	path
	private bool
}

// backend is a port of a service, by number or by name.
type backend struct{ service, port string }

type endpoints struct {
	addresses []string
	// h2c tells that they speak HTTP/2 without TLS.
	h2c bool
}

func newTable(ingresses map[string]Ingress, services map[string]Service, slicesOf map[string]Slice) *table {
	t := &table{hosts: map[string][]route{}, backends: map[backend]endpoints{}}
	for _, key := range sorted(ingresses) {
		if i := ingresses[key]; i.Metadata.Annotations[classAnnotation] == Class {
			t.addRules(i)
		}
	}
	for _, routes := range t.hosts {
		slices.SortStableFunc(routes, func(a, b route) int {
			return cmp.Or(cmp.Compare(len(b.Path), len(a.Path)), cmp.Compare(len(b.Headers), len(a.Headers)))
		})
	}
	byService := map[string][]Slice{}
	for _, key := range sorted(slicesOf) {
		s := slicesOf[key]
		service := s.Metadata.Namespace + "/" + s.Metadata.Labels["kubernetes.io/service-name"]
		byService[service] = append(byService[service], s)
	}
	for key, s := range services {
		t.addBackends(key, s, byService[key])
	}
	return t
}

// sorted are the keys of a map: of two objects for one host the same one is first each time.
func sorted[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (t *table) addRules(i Ingress) {
	for _, r := range i.Spec.Rules {
		for _, host := range r.Hosts {
			host = strings.ToLower(host)
			for _, p := range r.HTTP.Paths {
				t.hosts[host] = append(t.hosts[host], route{p, r.Visibility == "ClusterLocal"})
			}
		}
	}
}

func (t *table) addBackends(key string, s Service, of []Slice) {
	for _, port := range s.Spec.Ports {
		e := endpoints{h2c: port.Name == "http2" || port.Name == "h2c" || strings.HasSuffix(port.AppProtocol, "/h2c")}
		for _, slice := range of {
			e.addresses = append(e.addresses, slice.ready(port.Name)...)
		}
		t.backends[backend{key, strconv.Itoa(port.Port)}] = e
		if port.Name != "" {
			t.backends[backend{key, port.Name}] = e
		}
	}
}

// ready are the addresses of the slice's ready endpoints, with the port of this name.
func (s Slice) ready(name string) (addresses []string) {
	for _, p := range s.Ports {
		if p.Name != name {
			continue
		}
		for _, e := range s.Endpoints {
			if e.Conditions.Ready != nil && !*e.Conditions.Ready {
				continue
			}
			for _, a := range e.Addresses {
				addresses = append(addresses, net.JoinHostPort(a, strconv.Itoa(p.Port)))
			}
		}
	}
	return addresses
}

// find is the route of a request; there are private ones on the private port only.
func (t *table) find(r *http.Request, private bool) (path, bool) {
	host := strings.ToLower(r.Host)
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	for _, route := range t.hosts[host] {
		if (private || !route.private) && strings.HasPrefix(r.URL.Path, route.Path) && route.matches(r.Header) {
			return route.path, true
		}
	}
	return path{}, false
}

func (p path) matches(header http.Header) bool {
	for name, want := range p.Headers {
		if header.Get(name) != want.Exact {
			return false
		}
	}
	return true
}

// pick chooses a split by a number below 100.
func (p path) pick(n int) (split, bool) {
	for _, s := range p.Splits {
		if len(p.Splits) == 1 || n < s.Percent {
			return s, true
		}
		n -= s.Percent
	}
	return split{}, false
}

func (s split) backend() backend {
	port := ""
	switch p := s.ServicePort.(type) {
	case float64:
		port = strconv.Itoa(int(p))
	case string:
		port = p
	}
	return backend{s.service(), port}
}
