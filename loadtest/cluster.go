package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"knelt.dev/loadtest/pace"
	"knelt.dev/loadtest/site"
)

// onCluster makes an experiment of one on an installation of Knelt.
func onCluster(f func(ctx context.Context, o options, s *site.Site) (*table, error)) func(context.Context, options) (*table, error) {
	return func(ctx context.Context, o options) (*table, error) {
		s, err := site.Open(ctx, site.Config{Images: o.images, Address: o.address})
		if err != nil {
			return nil, err
		}
		t, err := f(s.Context(), o, s)
		if err == nil {
			var note string
			note, err = autoscaler(s.Context(), s)
			t.Notes = append(t.Notes, note)
		}
		return t, errors.Join(err, s.Close())
	}
}

// autoscaler tells how Knative's is set where that is not its default.
func autoscaler(ctx context.Context, s *site.Site) (string, error) {
	var config struct{ Data map[string]string }
	if err := s.API.Get(ctx, "/api/v1/namespaces/knative-serving/configmaps/config-autoscaler", &config); err != nil {
		return "", err
	}
	var set []string
	for _, name := range slices.Sorted(maps.Keys(config.Data)) {
		if !strings.HasPrefix(name, "_") {
			set = append(set, name+" "+config.Data[name])
		}
	}
	var service struct {
		Spec struct {
			Template struct {
				Metadata struct{ Annotations map[string]string }
			}
		}
	}
	if err := s.API.Get(ctx, "/apis/serving.knative.dev/v1/namespaces/"+site.System+"/services/"+syncService, &service); err != nil {
		return "", err
	}
	set = append(set, "at most "+service.Spec.Template.Metadata.Annotations["autoscaling.knative.dev/max-scale"]+" pods of "+syncService)
	return "Knative's autoscaler: " + strings.Join(set, ", "), nil
}

// quantiles are the columns of a table of latencies.
var quantiles = []string{"p50", "p90", "p99", "max", "times"}

// latencies adds a row of milliseconds.
func (t *table) latencies(name string, l *pace.Latencies) {
	t.add(name, ms(l.At(50)), ms(l.At(90)), ms(l.At(99)), ms(l.At(100)), float64(l.Count()))
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

// or gives the number of a flag, unless it is not set.
func or(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// namesOf makes names for connections of a run, which differ from those of every
// other run.
func namesOf(scenario string, n int) []string {
	names, now := make([]string, 0, n), strconv.FormatInt(time.Now().UnixNano(), 36)
	for i := range n {
		names = append(names, fmt.Sprintf("load-%s-%s-%d", scenario, now, i))
	}
	return names
}
