package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// measure has metrics served at a port, or pushed to a collector, or both.
func measure(ctx context.Context, port string, pushed bool, describe *resource.Resource) (func(context.Context) error, error) {
	options := []metric.Option{metric.WithResource(describe)}
	unserve := func(context.Context) error { return nil }
	if port != "" {
		reader, end, err := serveMetrics(ctx, port)
		if err != nil {
			return nil, err
		}
		options, unserve = append(options, metric.WithReader(reader)), end
	}
	if pushed {
		exporter, err := otlpmetrichttp.New(ctx)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("sending metrics: %w", err), unserve(ctx))
		}
		options = append(options, metric.WithReader(metric.NewPeriodicReader(exporter)))
	}
	provider := metric.NewMeterProvider(options...)
	otel.SetMeterProvider(provider)
	return func(ctx context.Context) error { return errors.Join(unserve(ctx), provider.Shutdown(ctx)) }, nil
}

// serveMetrics serves /metrics at a port of its own, which no route and no limit
// of the host's reaches.
func serveMetrics(ctx context.Context, port string) (metric.Reader, func(context.Context) error, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry))
	if err != nil {
		return nil, nil, fmt.Errorf("exporting metrics: %w", err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("", port))
	if err != nil {
		return nil, nil, fmt.Errorf("KNELT_METRICS_PORT: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go serve(server, l)
	return exporter, func(ctx context.Context) error {
		if err := server.Shutdown(ctx); err != nil {
			return fmt.Errorf("ending /metrics: %w", err)
		}
		return nil
	}, nil
}

func serve(server *http.Server, l net.Listener) {
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		slog.Error("/metrics is not served any more", "error", err)
	}
}
