package airbyte

import "testing"

func TestWordsOfTheClassifierAreTheProtocols(t *testing.T) {
	for kind := Record; kind <= DestinationCatalog; kind++ {
		if got := messageType([]byte(kind.String())); got != kind {
			t.Errorf("type %q is %v", kind.String(), got)
		}
		if got := envelopeKey([]byte(kind.BodyKey())); got != kind {
			t.Errorf("key %q is for %v", kind.BodyKey(), got)
		}
		if len(kind.BodyKey())*6 > maxWord || len(kind.String())*6 > maxWord {
			t.Errorf("%v written as escapes does not fit", kind)
		}
	}
}

func TestEveryProblemHasItsOwnPhrase(t *testing.T) {
	seen := map[string]Problem{}
	for p := ProblemNone; p <= ProblemDataNotObject; p++ {
		text := p.String()
		if other, ok := seen[text]; text == "" || ok {
			t.Errorf("problem %d says %q as problem %d does", p, text, other)
		}
		seen[text] = p
	}
	if got := Problem(200).String(); got != "an unknown problem" {
		t.Errorf("Problem(200) says %q", got)
	}
}
