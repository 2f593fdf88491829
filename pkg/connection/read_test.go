package connection

import (
	"strings"
	"testing"
)

func TestTextIsReadAsFilesAre(t *testing.T) {
	set, err := Read("event", []byte(`{"apiVersion":"knelt.dev/v1alpha1","kind":"Connection","metadata":{"name":"a"},"spec":{"source":"s","destination":"d"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if conn := set.Connections["a"]; conn == nil || conn.Spec.Retries.Backoff != DefaultBackoff {
		t.Errorf("read without its defaults: %+v", conn)
	}
	_, err = Read("event", []byte("kind: Connection\nspec: {sourc: hunter2}\n"))
	if err == nil || !strings.Contains(err.Error(), "event:2: spec.sourc: unknown field") {
		t.Errorf("%v", err)
	}
}
