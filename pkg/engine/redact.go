package engine

import (
	"slices"

	"knelt.dev/pkg/replication"
)

// redacted gives a ledger whose texts hold no secret: what connectors say of their
// errors often quotes the config, and a ledger is kept and shown. What it shares
// with l is left as it is, for the relay may still be writing there.
func redacted(l replication.Ledger, redact func(string) string) replication.Ledger {
	l.Reasons, l.Notes = redactedTexts(l.Reasons, redact), redactedTexts(l.Notes, redact)
	l.Source.Errors = redactedErrors(l.Source.Errors, redact)
	l.Destination.Errors = redactedErrors(l.Destination.Errors, redact)
	l.Streams = slices.Clone(l.Streams)
	for i := range l.Streams {
		l.Streams[i].Reasons = redactedTexts(l.Streams[i].Reasons, redact)
	}
	return l
}

func redactedTexts(texts []string, redact func(string) string) []string {
	texts = slices.Clone(texts)
	for i, text := range texts {
		texts[i] = redact(text)
	}
	return texts
}

func redactedErrors(errors []replication.TraceError, redact func(string) string) []replication.TraceError {
	errors = slices.Clone(errors)
	for i := range errors {
		errors[i].Message = redact(errors[i].Message)
	}
	return errors
}
