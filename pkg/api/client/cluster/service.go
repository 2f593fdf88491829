package cluster

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// service is what is read of a Knative Service.
type service struct {
	Status struct {
		LatestReady string `json:"latestReadyRevisionName"`
		Traffic     []struct {
			Revision string `json:"revisionName"`
			Percent  int    `json:"percent"`
		} `json:"traffic"`
		Conditions []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"conditions"`
	} `json:"status"`
}

// revision gives the one with the most traffic, or else the last that was ready;
// empty if there is none.
func (s *service) revision() string {
	most, revision := 0, s.Status.LatestReady
	for _, t := range s.Status.Traffic {
		if t.Percent > most && t.Revision != "" {
			most, revision = t.Percent, t.Revision
		}
	}
	return revision
}

// why tells why there is no revision.
func (s *service) why() string {
	for _, c := range s.Status.Conditions {
		if c.Type == "Ready" && c.Message != "" {
			return c.Message
		}
	}
	return "it has no revision yet"
}

// service asks for a Knative Service, on behalf of a request.
func (c *Cluster) service(r *http.Request, namespace, name string) (*service, *http.Response, error) {
	ask, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "http://cluster", nil)
	if err != nil {
		return nil, nil, err
	}
	c.aim(ask, "/apis/serving.knative.dev/v1/namespaces/"+namespace+"/services/"+name)
	answer, err := c.send(ask)
	if err != nil {
		return nil, nil, err
	}
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		_ = answer.Body.Close() // it is not read
		return nil, problem(r, answer.StatusCode, fmt.Sprintf("there is no Knative Service %s in the namespace %s of the cluster: is Knelt installed there, or in another namespace (kube:NAMESPACE)?", name, namespace)), nil
	default:
		answer.Request = r
		return nil, answer, nil
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	var found service
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		return nil, nil, fmt.Errorf("reading the Service %s: %w", name, err)
	}
	return &found, nil, nil
}
