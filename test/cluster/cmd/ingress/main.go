// Ingress serves the routes of Knative Serving: the public ones on port 80, and
// all of them on port 81.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"knelt.dev/test/cluster/internal/ingress"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	client, err := ingress.NewClient(*kubeconfig)
	if err != nil {
		log.Fatal("ingress: ", err)
	}
	proxy := ingress.NewProxy()
	for address, private := range map[string]bool{":80": false, ":81": true} {
		go serve(address, proxy.Handler(private))
	}
	ingress.NewController(client, proxy).Run(ctx)
}

func serve(address string, handler http.Handler) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Addr: address, Handler: handler, Protocols: protocols, ReadHeaderTimeout: 30 * time.Second}
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal("ingress: ", err)
	}
}
