package synclog

import (
	"context"
	"log/slog"
	"slices"
	"strings"
)

// Handler gives a slog.Handler that logs the engine's own lines from level up.
// Groups become dotted names of fields.
func (l *Log) Handler(level slog.Leveler) slog.Handler {
	return &handler{log: l, level: level}
}

type handler struct {
	log    *Log
	level  slog.Leveler
	prefix string // of the names of later attributes: "", "group." ...
	attrs  []slog.Attr
}

func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	fields := make(map[string]any, len(h.attrs)+r.NumAttrs())
	for _, a := range h.attrs {
		flatten(fields, "", a)
	}
	r.Attrs(func(a slog.Attr) bool {
		flatten(fields, h.prefix, a)
		return true
	})
	h.log.Write(Entry{Time: r.Time, Level: levelOf(r.Level), Origin: Engine, Message: r.Message, Fields: fields})
	return nil
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.attrs = slices.Clone(h.attrs)
	for _, a := range attrs {
		// An attribute without a name is a group whose members are inlined.
		if h.prefix != "" {
			a = slog.Attr{Value: slog.GroupValue(slog.Attr{
				Key: strings.TrimSuffix(h.prefix, "."), Value: slog.GroupValue(a),
			})}
		}
		next.attrs = append(next.attrs, a)
	}
	return &next
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	next := *h
	next.prefix += name + "."
	return &next
}

// flatten adds an attribute, and those inside a group, to fields.
func flatten(fields map[string]any, prefix string, a slog.Attr) {
	value := a.Value.Resolve()
	if value.Kind() != slog.KindGroup {
		if a.Key != "" {
			fields[prefix+a.Key] = value.Any()
		}
		return
	}
	if a.Key != "" {
		prefix += a.Key + "."
	}
	for _, member := range value.Group() {
		flatten(fields, prefix, member)
	}
}
