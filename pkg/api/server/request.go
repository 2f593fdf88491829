package server

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/api"
	"knelt.dev/pkg/host"
)

// request is a Call that is held to its operation.
type request struct {
	*host.Call
	operation api.Operation
	who       caller
	// ref of the connection and id of the sync in the path, if they are.
	ref events.Ref
	id  int64
}

// key names the connection as stores do.
func (r *request) key() string { return r.ref.String() }

// newRequest reads path and query, strictly: a parameter that is misspelt would
// otherwise show more than was asked for.
func newRequest(o api.Operation, c *host.Call, who caller) (*request, error) {
	r := &request{Call: c, operation: o, who: who}
	var wrong []host.Field
	if name, is := c.Params["name"]; is {
		r.ref = events.Ref{Namespace: c.Params["namespace"], Name: name}
		if r.ref.Namespace == "-" {
			r.ref.Namespace = ""
		}
	}
	if text, is := c.Params["id"]; is {
		var err error
		if r.id, err = strconv.ParseInt(text, 10, 64); err != nil || r.id < 1 {
			wrong = append(wrong, host.Field{Field: "id", Detail: "must be a whole number from 1"})
		}
	}
	wrong = append(wrong, queryProblems(o.Query, c.Query)...)
	if len(wrong) > 0 {
		return nil, &host.Error{Cause: host.Undecodable, Detail: "path or query cannot be understood", Fields: wrong}
	}
	return r, nil
}

func queryProblems(known []api.Parameter, query url.Values) []host.Field {
	var wrong []host.Field
	for name, values := range query {
		i := slices.IndexFunc(known, func(p api.Parameter) bool { return p.Name == name })
		if i < 0 {
			wrong = append(wrong, host.Field{Field: name, Detail: "there is no such parameter"})
			continue
		}
		for _, value := range values {
			if detail := misfit(known[i], value); detail != "" {
				wrong = append(wrong, host.Field{Field: name, Detail: detail})
			}
		}
	}
	slices.SortFunc(wrong, func(a, b host.Field) int { return strings.Compare(a.Field, b.Field) })
	return wrong
}

// misfit tells why a value is none of the parameter's.
func misfit(p api.Parameter, value string) string {
	var err error
	kind := ""
	switch p.Type {
	case "integer":
		_, err = strconv.ParseInt(value, 10, 32)
		kind = "a whole number"
	case "boolean":
		if value != "true" && value != "false" {
			return "must be true or false"
		}
	case "date-time":
		_, err = time.Parse(time.RFC3339, value)
		kind = "a time as 2026-01-02T03:04:05Z"
	}
	switch {
	case err != nil:
		return "must be " + kind
	case p.Enum != nil && !slices.Contains(p.Enum, value):
		return "must be one of " + strings.Join(p.Enum, ", ")
	}
	return ""
}

// number gives a parameter that misfit has passed, or otherwise.
func (r *request) number(name string, otherwise int) int {
	if n, err := strconv.Atoi(r.Query.Get(name)); err == nil {
		return n
	}
	return otherwise
}

// limit gives the wanted size of a page.
func (r *request) limit() (int, error) {
	n := r.number("limit", api.DefaultLimit)
	if n < 1 || n > api.MaxLimit {
		return 0, &host.Error{Cause: host.Undecodable, Detail: "the query cannot be understood", Fields: []host.Field{{Field: "limit", Detail: "must be 1 to " + strconv.Itoa(api.MaxLimit)}}}
	}
	return n, nil
}
