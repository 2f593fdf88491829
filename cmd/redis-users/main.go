// Redis-users makes the users of the Redis that Knelt brings along. It runs in
// the server's pod before the server.
//
// Each of two Secrets holds under the key "url" the address that a user of Redis
// connects to, password included. Where there is none, a password is made by
// chance and the address written; what is there stays. Then the server's ACL
// file is written, in which the passwords are hashes. So no password is in a
// manifest, an image or a log, and the only copy is where it is used. To change
// a password, take "url" out of its Secret and restart the server.
//
// The settings are variables: KNELT_REDIS_ADDRESS (HOST:PORT of the server),
// KNELT_ENGINE_SECRET and KNELT_BRIDGE_SECRET (NAMESPACE/NAME; it may get and
// update these two), KNELT_ACL_FILE. It reaches the API server as any pod does.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"knelt.dev/pkg/store/redis/acl"
)

// patience bounds the whole run. Kubernetes starts it again.
const patience = time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	if err := run(ctx, os.Getenv, log); err != nil {
		log.Error("Redis's users are not made", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	address, file := getenv("KNELT_REDIS_ADDRESS"), getenv("KNELT_ACL_FILE")
	if address == "" || file == "" {
		return errors.New("KNELT_REDIS_ADDRESS and KNELT_ACL_FILE are needed")
	}
	api, err := inCluster(getenv)
	if err != nil {
		return err
	}
	keeper := keeper{secrets: api, address: address, log: log}
	engine, err := keeper.password(ctx, getenv("KNELT_ENGINE_SECRET"), acl.Engine.Name)
	if err != nil {
		return err
	}
	bridge, err := keeper.password(ctx, getenv("KNELT_BRIDGE_SECRET"), acl.Bridge.Name)
	if err != nil {
		return err
	}
	return write(file, acl.File(engine, bridge))
}

// write makes the file whole or not at all, readable to its user alone.
func write(file, text string) error {
	temp := file + ".new"
	if err := os.WriteFile(temp, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing the ACL file: %w", err)
	}
	if err := os.Rename(temp, filepath.Clean(file)); err != nil {
		return fmt.Errorf("writing the ACL file: %w", err)
	}
	return nil
}
