package engine

import (
	"context"
	"errors"
	"strings"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/replication"
)

// ask runs one command to its answer, within the time a command may take.
func (e *Engine) ask(ctx context.Context, end *End, spec *airbyte.ConnectorSpecification, command connector.Command, log LogFunc) (*airbyte.Message, error) {
	ctx, cancel := within(ctx, end.timeout)
	defer cancel()
	inv := connector.Invocation{Command: command}
	if command != connector.Spec {
		inv.Config = end.config
	}
	return connector.Answer(ctx, e.Runtime, end.connector, inv, connector.AnswerOptions{
		Name:    strings.Replace(end.Resource, "/", " ", 1),
		Redact:  end.redactor.String,
		Log:     end.forward(log),
		Control: func(m *airbyte.ControlMessage) error { return e.keepControl(end, spec, m) },
	})
}

// keepControl keeps a config that a connector changed while it answered.
func (e *Engine) keepControl(end *End, spec *airbyte.ConnectorSpecification, m *airbyte.ControlMessage) error {
	if m.Type != airbyte.ControlConnectorConfig || m.ConnectorConfig == nil {
		return nil
	}
	return e.keepNow(end, spec, m.ConnectorConfig.Config)
}

// forward passes the lines of an answering connector on as those of its side.
func (end *End) forward(log LogFunc) func(connector.LogLine) {
	if log == nil {
		return nil
	}
	return func(l connector.LogLine) {
		text := l.Text
		if l.StackTrace != "" {
			text += "\n" + l.StackTrace
		}
		from := replication.Origin(end.Kind)
		if l.Origin == connector.OriginEngine {
			from = replication.Engine
		}
		log(replication.LogLine{Origin: from, Level: l.Level, Stderr: l.Origin == connector.OriginStderr, Message: []byte(text)})
	}
}

// redacted hides secrets in what reaches log.
func (end *End) redacted(log LogFunc) LogFunc {
	if log == nil {
		return nil
	}
	return func(l replication.LogLine) {
		l.Message = end.redactor.AppendRedacted(nil, l.Message)
		log(l)
	}
}

// answered tells whether err is the connector's doing: it ran to an end of its
// own, and gave no answer.
func answered(err error) bool {
	var e *connector.AnswerError
	return errors.As(err, &e) && e.Err == nil && e.Exit.Signal == ""
}
