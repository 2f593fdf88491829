// Look serves the dashboard with made-up connections, for whoever works on it:
//
//	go run ./test/browser/look -connections 10000 -token secret -addr 127.0.0.1:8088
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"knelt.dev/pkg/dashboard"
	"knelt.dev/pkg/host"
	"knelt.dev/test/browser/fakeapi"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("exiting", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	addr := flag.String("addr", "127.0.0.1:8088", "address to listen on")
	connections := flag.Int("connections", 200, "how many connections there are")
	token := flag.String("token", "", "token that is asked for")
	flag.Parse()
	world := fakeapi.New(*connections)
	world.Token = *token
	cfg := host.Default()
	cfg.Addr = *addr
	cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	h, err := host.New(cfg, world.Function(), host.Function{Name: "dashboard", Routes: dashboard.Routes()})
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/\n", *addr)
	return h.Run(ctx)
}
