package replication

import (
	"cmp"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// message handles what is not data: it ends here and never reaches the
// destination, which may die of a type it does not know.
func (f *forwarder) message(line []byte) {
	m, err := airbyte.Decode(line)
	if err != nil {
		f.out.printf("WARN", "line %d of the source is a %s message that cannot be read: %v", f.lines, f.env.Type, err)
		return
	}
	switch m.Type {
	case airbyte.Log:
		f.book.complaint(m.Log, f.cfg.redact)
		f.out.message(Source, m.Log)
	case airbyte.Trace:
		f.trace(m.Trace)
	case airbyte.Control:
		control(f.cfg, Source, m.Control)
	case airbyte.ConnectionStatus:
		f.connectionStatus(m.ConnectionStatus)
	default:
		f.out.printf("DEBUG", "the source sent a %s message during its read: ignored", m.Type)
	}
}

func (f *forwarder) trace(t *airbyte.TraceMessage) {
	switch {
	case t.StreamStatus != nil:
		f.streamStatus(t.StreamStatus)
	case t.Error != nil:
		f.book.traceError(&f.book.source, t.Error, f.cfg.redact)
		f.out.traceError(Source, t.Error)
	case t.Estimate != nil:
		f.book.estimate(t.Estimate)
	case t.Analytics != nil:
		f.out.printf("DEBUG", "the source counts: %s %s", t.Analytics.Type, t.Analytics.Value)
	}
}

func (f *forwarder) streamStatus(t *airbyte.StreamStatusTrace) {
	b := f.book
	b.mu.Lock()
	b.said = true
	s := b.bySource.descriptor(t.Descriptor)
	if s != nil {
		s.ledger.Status = t.Status
	}
	for _, r := range t.Reasons {
		if r.RateLimited != nil {
			b.source.QuotaReset = r.RateLimited.QuotaReset
		}
	}
	b.mu.Unlock()
	for _, r := range t.Reasons {
		if r.RateLimited != nil {
			f.watch.quietUntil(r.RateLimited.QuotaReset)
		}
	}
	f.out.printf("INFO", "stream %s: %s", t.Descriptor, t.Status)
}

func (f *forwarder) connectionStatus(c *airbyte.ConnectionStatusResult) {
	if c.Status != airbyte.CheckFailed {
		return
	}
	text := f.cfg.redact(cmp.Or(c.Message, noMessage))
	f.book.mu.Lock()
	f.book.refused = text
	f.book.mu.Unlock()
	f.out.printf("ERROR", "the source says that its connection failed: %s", text)
}

const noMessage = "no message given"

// control hands on a config that a connector changed.
func control(c *Config, from Origin, m *airbyte.ControlMessage) {
	if m.Type == airbyte.ControlConnectorConfig && m.ConnectorConfig != nil && c.ConfigChanged != nil {
		c.ConfigChanged(from, m.ConnectorConfig.Config)
	}
}

func (b *book) estimate(e *airbyte.EstimateTrace) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.bySource.descriptor(airbyte.Descriptor{Namespace: e.Namespace, Name: e.Name}); s != nil {
		s.ledger.Estimate = e.RowEstimate
	}
}

// maxComplaint bounds what is kept of a source's complaint, in bytes.
const maxComplaint = 300

// complaint keeps the first error in a source's log. Some kits tell a stream's
// failure nowhere else and exit with 0; where a source sends no statuses either,
// nothing then says that its streams are whole. It is redacted before it is cut:
// half a secret would not be recognised.
func (b *book) complaint(m *airbyte.LogMessage, redact func(string) string) {
	if l := level(m.Level); l != "ERROR" && l != "FATAL" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.complained == "" {
		text := redact(cmp.Or(m.Message, noMessage))
		b.complained = strings.ToValidUTF8(text[:min(len(text), maxComplaint)], "")
	}
}
