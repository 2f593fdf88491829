package notify

import (
	"context"
	"time"
)

// SetWait replaces the waits between tries.
func (s *Sender) SetWait(wait func(context.Context, time.Duration) error) { s.wait = wait }
