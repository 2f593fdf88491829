package host

import (
	"strconv"
	"strings"
)

// AcceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3): gzip by its name, or by
// *, with a weight that is not 0.
func AcceptsGzip(accept string) bool {
	wildcard := false
	for part := range strings.SplitSeq(accept, ",") {
		coding, parameters, _ := strings.Cut(part, ";")
		weight, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(parameters), "q="), 64)
		taken := err != nil || weight > 0
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip":
			return taken
		case "*":
			wildcard = taken
		}
	}
	return wildcard
}
