package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
)

// remembered gives what end answered to a command before, for the same connector
// and config, or asks.
func (e *Engine) remembered(ctx context.Context, end *End, spec *airbyte.ConnectorSpecification, command connector.Command, log LogFunc) (*airbyte.Message, error) {
	if e.AnswersFor > 0 {
		text, ok, err := e.Store.Memo(ctx, memoName(end, command))
		if err != nil {
			return nil, while("reading what "+end.Resource+" answered before", err)
		}
		m := &airbyte.Message{}
		if ok && airbyte.Unmarshal(text, m) == nil { // another version may have kept it
			return m, nil
		}
	}
	return e.askAnew(ctx, end, spec, command, log)
}

// askAnew asks, and keeps the answer for remembered.
func (e *Engine) askAnew(ctx context.Context, end *End, spec *airbyte.ConnectorSpecification, command connector.Command, log LogFunc) (*airbyte.Message, error) {
	name := memoName(end, command) // before the connector changes its config
	m, err := e.ask(ctx, end, spec, command, log)
	if err != nil || e.AnswersFor <= 0 {
		return m, err
	}
	text, err := airbyte.Marshal(*m)
	if err == nil {
		err = e.Store.SaveMemo(ctx, name, text, e.AnswersFor)
	}
	return m, while("keeping the answer of "+end.Resource, err)
}

// memoName names a question: the command, the connector, and the config where
// the answer depends on it.
func memoName(end *End, command connector.Command) string {
	digest := sha256.New()
	_ = json.NewEncoder(digest).Encode(end.connector) // strings, and a hash takes them all
	if command != connector.Spec {
		_, _ = digest.Write(end.config) // likewise
	}
	return string(command) + "/" + hex.EncodeToString(digest.Sum(nil))
}
