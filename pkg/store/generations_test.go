package store

import (
	"encoding/json"
	"maps"
	"testing"
)

func TestGenerationsAreASortedListInJSON(t *testing.T) {
	g := Generations{{Namespace: "b", Name: "a"}: 1, {Name: "z"}: 2, {Namespace: "a", Name: "x"}: 1 << 60}
	const want = `[{"name":"z","generation":2},{"namespace":"a","name":"x","generation":1152921504606846976},` +
		`{"namespace":"b","name":"a","generation":1}]`
	b, err := json.Marshal(g)
	if err != nil || string(b) != want {
		t.Errorf("JSON %s (error %v), want %s", b, err, want)
	}
	var back Generations
	if err := json.Unmarshal(b, &back); err != nil || !maps.Equal(back, g) {
		t.Errorf("back comes %v (error %v), want %v", back, err, g)
	}
	if b, err := json.Marshal(Generations(nil)); err != nil || string(b) != "[]" {
		t.Errorf("no generations are %s (error %v), want []", b, err)
	}
	if err := json.Unmarshal([]byte(`{"a":1}`), &back); err == nil {
		t.Error("an object was read as a list")
	}
}
