package wire

import "testing"

// TestTheHashIsTheSpecified: both ends of a resumed relay must compute the same,
// whatever they were built by. The values are those of XXH64's own tests.
func TestTheHashIsTheSpecified(t *testing.T) {
	for text, want := range map[string]string{
		"":    "ef46db3751d8e999",
		"a":   "d24ec4f1a98c6e5b",
		"abc": "44bc2cf5ad770999",
	} {
		if got := SumOf([]byte(text)); got != want {
			t.Errorf("of %q: %s, want %s", text, got, want)
		}
	}
}
