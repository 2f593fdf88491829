package kit

import (
	"context"

	"knelt.dev/pkg/airbyte"
)

func specCommand(spec []byte) command {
	return command{run: func(_ context.Context, in *invocation) error {
		message := &airbyte.Message{Type: airbyte.Spec, Spec: new(airbyte.ConnectorSpecification)}
		if err := airbyte.Unmarshal(spec, message.Spec); err != nil {
			return SystemError("spec.json: %w", err)
		}
		return in.out.Message(message)
	}}
}

func checkCommand(check func(context.Context, Config) error) command {
	return command{needs: needsConfig, answers: true, run: func(ctx context.Context, in *invocation) error {
		if err := check(ctx, in.config); err != nil {
			return err
		}
		return in.out.Message(connectionStatus(airbyte.CheckSucceeded, ""))
	}}
}

func connectionStatus(status, text string) *airbyte.Message {
	return &airbyte.Message{
		Type:             airbyte.ConnectionStatus,
		ConnectionStatus: &airbyte.ConnectionStatusResult{Status: status, Message: text},
	}
}
