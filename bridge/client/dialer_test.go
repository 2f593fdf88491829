package client_test

import (
	"context"
	"net"
)

// dialer goes to an address, whatever is asked for.
func dialer(addr string) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}
}
