package engine

import (
	"encoding/json"
	"strings"
	"testing"

	"knelt.dev/pkg/replication"
)

func TestALedgerQuotesNoSecret(t *testing.T) {
	const secret = "s3cr3t"
	told := []replication.TraceError{{Message: "bad key " + secret}}
	l := replication.Ledger{
		Reasons: []string{"r " + secret}, Notes: []string{"n " + secret},
		Streams:     []replication.StreamLedger{{Reasons: []string{"s " + secret}}},
		Source:      replication.SideLedger{Errors: told},
		Destination: replication.SideLedger{Errors: told},
	}
	text, err := json.Marshal(redacted(l, func(s string) string { return strings.ReplaceAll(s, secret, "***") }))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), secret) || strings.Count(string(text), "***") != 5 {
		t.Errorf("a text of the ledger was not redacted: %s", text)
	}
	if told[0].Message != "bad key "+secret {
		t.Error("the relay's own ledger was changed under its hands")
	}
}
