package connection

import (
	"bytes"
	"encoding/json"
)

// jsonAsYAML mends what of JSON the YAML parser does not take, line by line:
// tabs between values, the escape \/, and characters beyond 16 bits written as
// two escapes. What is no JSON stays as it is.
func jsonAsYAML(text []byte) []byte {
	if !json.Valid(text) {
		return text
	}
	// Within strings JSON knows no bare tab, so all tabs are blanks.
	text = bytes.ReplaceAll(text, []byte("\t"), []byte(" "))
	if !bytes.Contains(text, []byte(`\`)) {
		return text
	}
	var out []byte
	for pos := 0; pos < len(text); {
		if text[pos] != '"' {
			out = append(out, text[pos])
			pos++
			continue
		}
		w := jsonWalker{raw: text, pos: pos}
		w.scalar()
		s, _ := jsonLeaf{raw: text[pos:w.pos]}.text()
		out = append(out, yamlQuoted(s)...)
		pos = w.pos
	}
	return out
}
