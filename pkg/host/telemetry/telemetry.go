// Package telemetry sends what the host measures somewhere. Both parts are off
// unless the environment asks for them, and cost nothing then:
//
//	KNELT_METRICS_PORT                  port that serves /metrics for Prometheus
//	OTEL_EXPORTER_OTLP_ENDPOINT         collector that gets traces by OTLP over
//	OTEL_EXPORTER_OTLP_TRACES_ENDPOINT  HTTP; its other variables hold too
//	OTEL_TRACES_SAMPLER                 which ones (parentbased_always_on)
//
// It is apart from the host so that a process which needs neither links neither.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Start turns on what the environment asks for, for the whole process, under the
// name of its function. The returned function sends what is left and ends it.
func Start(ctx context.Context, environ []string, name string) (end func(context.Context) error, err error) {
	var ends ends
	describe, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", name)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("describing this process for telemetry: %w", err)
	}
	if port := variable(environ, "KNELT_METRICS_PORT"); port != "" {
		if err := ends.start(serveMetrics(ctx, port, describe)); err != nil {
			return nil, err
		}
	}
	if variable(environ, "OTEL_EXPORTER_OTLP_ENDPOINT") != "" || variable(environ, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "" {
		if err := ends.start(sendTraces(ctx, describe)); err != nil {
			return nil, errors.Join(err, ends.end(ctx))
		}
	}
	return ends.end, nil
}

// sendTraces exports spans in batches.
func sendTraces(ctx context.Context, describe *resource.Resource) (func(context.Context) error, error) {
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("sending traces: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(describe))
	otel.SetTracerProvider(provider)
	return provider.Shutdown, nil
}

// ends are ended together, within endTime.
type ends []func(context.Context) error

const endTime = 5 * time.Second

func (e *ends) start(end func(context.Context) error, err error) error {
	if err == nil {
		*e = append(*e, end)
	}
	return err
}

func (e *ends) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	var all []error
	for _, end := range *e {
		all = append(all, end(ctx))
	}
	return errors.Join(all...)
}

// variable gives the last value of a variable, as the process itself sees it.
func variable(environ []string, name string) (value string) {
	for _, assignment := range environ {
		if v, ok := strings.CutPrefix(assignment, name+"="); ok {
			value = v
		}
	}
	return value
}
