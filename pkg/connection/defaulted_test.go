package connection

import (
	"encoding/json"
	"testing"

	"knelt.dev/pkg/airbyte"
)

func TestWhatIsRequiredAndHasADefaultMayBeLeftOut(t *testing.T) {
	spec := &airbyte.ConnectorSpecification{ConnectionSpecification: json.RawMessage(`{"type":"object","required":["edition"],"properties":{"edition":{"type":"object","oneOf":[
		{"type":"object","required":["url"],"properties":{"kind":{"const":"a"},"url":{"type":"string","default":"http://localhost"}}},
		{"type":"object","required":["key"],"properties":{"kind":{"const":"b","default":"b"},"key":{"type":"string"}}}]}}}`)}
	for config, fits := range map[string]bool{
		`{"edition":{}}`:                      true,
		`{"edition":{"kind":"a"}}`:            true,
		`{"edition":{"kind":"b"}}`:            false, // the key has no default
		`{"edition":{"kind":"b","key":"k"}}`:  true,
		`{"edition":{"kind":"a","url":7}}`:    false,
		`{}`:                                  false,
		`{"edition":{"url":"u","kind":"zz"}}`: false,
	} {
		if _, err := ValidateConfig(spec, json.RawMessage(config)); (err == nil) != fits {
			t.Errorf("%s: %v", config, err)
		}
	}
}
