package knative

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
)

// TestCheckAndDiscoverAnswerFromZero by HTTP and by event.
func TestCheckAndDiscoverAnswerFromZero(t *testing.T) {
	s := newSync(t, faker{Users: 10}, "")
	atZero(t, "check", "discover")
	for function, says := range map[string]string{"check": `"SUCCEEDED"`, "discover": `"purchases"`} {
		for _, at := range []string{"at zero", "that runs"} {
			began := time.Now()
			status, body := answer(t, function, text(s.docs.Source))
			if status != http.StatusOK || !strings.Contains(body, says) {
				t.Errorf("%s answers %d: %s", function, status, body)
			}
			t.Logf("%s, of a function %s, took %s", function, at, time.Since(began).Round(10*time.Millisecond))
		}
	}
	atZero(t, "check", "discover")
	question := events.Question{Document: &events.Document{Source: s.docs.Source}, Asked: events.Asked{Due: s.due, Attempt: 1}}
	post(t, &events.CheckRequest{Question: question})
	post(t, &events.DiscoverRequest{Question: question})
	for _, answer := range []string{events.CheckSucceeded, events.DiscoverSucceeded} {
		eventually(t, answer, time.Minute, func() bool { return heard.count("source/"+s.name, answer) > 0 })
	}
}

// TestAnAnswerOfACheckMayBeNo with the connector's words, and a broken document
// is the asker's mistake.
func TestAnAnswerOfACheckMayBeNo(t *testing.T) {
	s := newSync(t, faker{Users: 10}, "")
	bad := *s.docs.Destination
	bad.Spec.Config = json.RawMessage(strings.Replace(string(bad.Spec.Config), "tests/password", "tests/api-key", 1))
	for name, c := range map[string]struct {
		document any
		status   int
		says     string
	}{
		"a wrong password": {bad, http.StatusOK, `"FAILED"`},
		"no registry":      {withImage(*s.docs.Source, "nowhere.invalid/no:1"), http.StatusUnprocessableEntity, "no host nowhere.invalid"},
		"a dead registry":  {withImage(*s.docs.Source, nodeAddress()+":1/no:1"), http.StatusServiceUnavailable, nodeAddress() + ":1"},
		"no document":      {map[string]any{"kind": "Source"}, http.StatusBadRequest, "apiVersion"},
	} {
		status, body := answer(t, "check", text(c.document))
		if status != c.status || !strings.Contains(body, c.says) || strings.Contains(body, marked) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func withImage(s connection.Source, image string) connection.Source {
	s.Spec.Connector.Image = image
	return s
}

// answer posts a document to a function.
func answer(t *testing.T, function, document string) (status int, body string) {
	t.Helper()
	client := http.Client{Timeout: time.Minute}
	r, err := client.Post("http://knelt-"+function+"."+system+".svc.cluster.local/", "application/json", strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}
