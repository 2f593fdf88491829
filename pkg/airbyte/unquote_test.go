package airbyte

import "testing"

func TestUnquoteAppendsWhatTheStringMeans(t *testing.T) {
	for raw, want := range map[string]string{
		``: ``, `plain é`: `plain é`, `\"\\\/\b\f\n\r\t`: "\"\\/\b\f\n\r\t", `\u0041\u00e9\uD83D\uDE00`: "Aé😀",
		`\ud83d`: "\ufffd", `\ud83dx`: "\ufffdx", `\ude00\ud83d\ude00`: "\ufffd😀", `\ud83d\ud83d\ude00`: "\ufffd😀", `\u0000`: "\x00",
		`\x`: `\x`, `\`: `\`, `\u12`: `\u12`, `a\u00zz`: `a\u00zz`,
	} {
		if got := string(Unquote([]byte("dst:"), []byte(raw))); got != "dst:"+want {
			t.Errorf("Unquote(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestKeyIsComparesMeanings(t *testing.T) {
	for _, c := range []struct {
		raw, name string
		want      bool
	}{
		{`type`, "type", true},
		{`Type`, "type", false},
		{`t\u0079pe`, "type", true},
		{`t\u0059pe`, "type", false},
		{`typ`, "type", false},
		{`t\u0079`, "type", false},
		{`t\u0079pes`, "type", false},
		{`\u00e9`, "é", true},
		{`\u00e9`, "\xc3", false},
		{`\ud83d\ude00`, "😀", true},
		{``, "", true},
		{`\u0041`, "", false},
		{`\n`, "\n", true},
		{`\n`, "n", false},
	} {
		if got := KeyIs([]byte(c.raw), c.name); got != c.want {
			t.Errorf("KeyIs(%q, %q) = %v", c.raw, c.name, got)
		}
	}
}
