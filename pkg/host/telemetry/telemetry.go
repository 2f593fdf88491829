// Package telemetry sends what the host measures somewhere. Both parts are off
// unless the environment asks for them, and cost nothing then:
//
//	KNELT_METRICS_PORT                   port that serves /metrics for Prometheus
//	OTEL_EXPORTER_OTLP_ENDPOINT          collector that gets traces and metrics by
//	                                     OTLP over HTTP; its other variables hold too
//	OTEL_EXPORTER_OTLP_TRACES_ENDPOINT   the same for one of the two
//	OTEL_EXPORTER_OTLP_METRICS_ENDPOINT
//	OTEL_TRACES_EXPORTER                 none: not this one of the two
//	OTEL_METRICS_EXPORTER
//	OTEL_TRACES_SAMPLER                  which traces (parentbased_always_on)
//
// Metrics are pushed every OTEL_METRIC_EXPORT_INTERVAL (60 s) and at the end: so
// those of a Job, which nobody scrapes in time, arrive, too.
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
	if port, pushed := variable(environ, "KNELT_METRICS_PORT"), sent(environ, "METRICS"); port != "" || pushed {
		if err := ends.start(measure(ctx, port, pushed, describe)); err != nil {
			return nil, err
		}
	}
	if sent(environ, "TRACES") {
		if err := ends.start(sendTraces(ctx, describe)); err != nil {
			return nil, errors.Join(err, ends.end(ctx))
		}
	}
	return ends.end, nil
}

// sent tells whether a collector gets traces or metrics.
func sent(environ []string, what string) bool {
	return variable(environ, "OTEL_"+what+"_EXPORTER") != "none" &&
		(variable(environ, "OTEL_EXPORTER_OTLP_ENDPOINT") != "" || variable(environ, "OTEL_EXPORTER_OTLP_"+what+"_ENDPOINT") != "")
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
