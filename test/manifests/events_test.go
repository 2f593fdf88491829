package manifests

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rickb777/date/period"
	"k8s.io/client-go/kubernetes/fake"
	"knative.dev/eventing/pkg/apis/config"
	eventing "knative.dev/eventing/pkg/apis/eventing/v1"
	"knative.dev/eventing/pkg/apis/feature"
	eventingsinks "knative.dev/eventing/pkg/apis/sinks"
	sources "knative.dev/eventing/pkg/apis/sources/v1"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"
	serving "knative.dev/serving/pkg/apis/serving/v1"
)

// asked are the types of events that ask a function for something: package
// events has them, and those that functions answer with.
var asked = []string{
	"dev.knelt.check.requested", "dev.knelt.discover.requested", "dev.knelt.sync.continued", "dev.knelt.sync.requested",
}

// told are those that the scheduler has to hear of.
var told = []string{
	"dev.knelt.connection.schema_changed", "dev.knelt.sync.cancelled", "dev.knelt.sync.failed", "dev.knelt.sync.incomplete", "dev.knelt.sync.started", "dev.knelt.sync.succeeded",
}

// TestKnativeFindsItsObjectsValid by the functions that its webhooks run.
func TestKnativeFindsItsObjectsValid(t *testing.T) {
	// A JobSink is validated by a dry run at an API server. This one says yes to
	// all: what a strict decoder can see was seen, and the rest is in pods_test.go.
	ctx := eventingsinks.WithConfig(context.Background(), &eventingsinks.Config{KubeClient: fake.NewClientset()})
	ctx = feature.ToContext(ctx, feature.FromContextOrDefaults(ctx))
	ctx = config.ToContext(ctx, &config.Config{Defaults: clusterDefaults(t)})
	ctx = apis.WithinCreate(ctx)
	n := 0
	for file, objects := range files(t) {
		for _, o := range objects {
			v, ok := o.(interface {
				apis.Validatable
				apis.Defaultable
			})
			if !ok {
				continue
			}
			n++
			v.SetDefaults(ctx)
			if err := v.Validate(ctx).Filter(apis.ErrorLevel); err != nil {
				t.Errorf("%s: %s: %v", file, o.GetName(), err)
			}
		}
	}
	if n < 12 {
		t.Errorf("only %d objects of Knative were found", n)
	}
}

// clusterDefaults are those of a cluster as Knative installs it, by which the
// Broker gets its class.
func clusterDefaults(t *testing.T) *config.Defaults {
	t.Helper()
	d, err := config.NewDefaultsConfigFromMap(map[string]string{
		config.BrokerDefaultsKey: "clusterDefault: {brokerClass: MTChannelBasedBroker, apiVersion: v1, kind: ConfigMap, name: config-br-default-channel, namespace: knative-eventing}",
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryRequestWakesOneFunctionAndEveryResultTheScheduler(t *testing.T) {
	var types, results []string
	for _, trigger := range of[*eventing.Trigger](installation(t)) {
		if len(trigger.Spec.Filter.Attributes) != 1 {
			t.Errorf("%s: its filter is %v, want the type alone", trigger.Name, trigger.Spec.Filter.Attributes)
		}
		list := &types
		if trigger.Spec.Subscriber.Ref.Name == "knelt-scheduler" {
			list = &results
		}
		*list = append(*list, trigger.Spec.Filter.Attributes["type"])
	}
	slices.Sort(types)
	slices.Sort(results)
	if !slices.Equal(types, asked) {
		t.Errorf("triggers for %v, want %v", types, asked)
	}
	if !slices.Equal(results, told) {
		t.Errorf("the scheduler is told of %v, want %v", results, told)
	}
}

// TestTheTickReachesTheSchedulerAndNothingElse.
func TestTheTickReachesTheSchedulerAndNothingElse(t *testing.T) {
	all := installation(t)
	ticks := of[*sources.PingSource](all)
	if len(ticks) != 1 || ticks[0].Spec.Schedule != "* * * * *" {
		t.Fatalf("the ticks are %+v", ticks)
	}
	if s := service(t, all, &ticks[0].Spec.Sink); s.Name != "knelt-scheduler" {
		t.Errorf("the tick wakes %s", s.Name)
	}
}

// service gives the Service that a destination names.
func service(t *testing.T, all []object, d *duckv1.Destination) *serving.Service {
	t.Helper()
	if d == nil || d.Ref == nil || d.Ref.Kind != "Service" || d.Ref.APIVersion != "serving.knative.dev/v1" {
		t.Fatalf("%+v is no Service of Knative", d)
	}
	return named[*serving.Service](t, all, d.Ref.Namespace, d.Ref.Name)
}

// TestDeliveryOutlastsTheFunction: a delivery that is given up before its
// function has answered is made again, and finds the connection held.
func TestDeliveryOutlastsTheFunction(t *testing.T) {
	all := installation(t)
	for _, trigger := range of[*eventing.Trigger](all) {
		named[*eventing.Broker](t, all, trigger.Namespace, trigger.Spec.Broker)
		function, d := service(t, all, &trigger.Spec.Subscriber), trigger.Spec.Delivery
		wait := duration(t, *d.Timeout) - time.Duration(*function.Spec.Template.Spec.TimeoutSeconds)*time.Second
		if wait < time.Minute {
			t.Errorf("%s: the delivery has %s to start the function", trigger.Name, wait)
		}
		if last := service(t, all, d.DeadLetterSink); last.Name != "knelt-deadletter" {
			t.Errorf("%s: what cannot be delivered goes to %s", trigger.Name, last.Name)
		}
	}
}

// TestRepetitionsBeginAtOnceAndLast: connectors wait for a successor for seconds,
// and a live holder may keep its connection for long.
func TestRepetitionsBeginAtOnceAndLast(t *testing.T) {
	for _, trigger := range of[*eventing.Trigger](installation(t)) {
		d := trigger.Spec.Delivery
		if *d.BackoffPolicy != "linear" {
			t.Errorf("%s: only linear backoff repeats at once", trigger.Name)
		}
		n := time.Duration(*d.Retry)
		total := duration(t, *d.BackoffDelay) * n * (n - 1) / 2
		least := time.Minute
		if trigger.Spec.Subscriber.Ref.Name == "knelt-sync" {
			least = 50 * time.Minute
		}
		if total < least {
			t.Errorf("%s: repetitions last for %s, want %s", trigger.Name, total, least)
		}
	}
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	p, err := period.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	d, exact := p.Duration()
	if !exact {
		t.Fatalf("%s is no exact time", text)
	}
	return d
}

// TestFunctionsKnowTheirTime: Knative does not tell it to the container, and
// ends requests that have not been answered after another time, too.
func TestFunctionsKnowTheirTime(t *testing.T) {
	for _, s := range of[*serving.Service](installation(t)) {
		spec := s.Spec.Template.Spec
		told := variables(container(s))["KNELT_REQUEST_TIMEOUT"].Value
		if told != strconv.FormatInt(*spec.TimeoutSeconds, 10)+"s" {
			t.Errorf("%s: timeoutSeconds is %d, and the function is told %s", s.Name, *spec.TimeoutSeconds, told)
		}
		if spec.ResponseStartTimeoutSeconds == nil || *spec.ResponseStartTimeoutSeconds != *spec.TimeoutSeconds {
			t.Errorf("%s: an answer must begin before the request's time is up", s.Name)
		}
	}
}

// TestFunctionsAreReachedInTheClusterOnlyAndIdleAtZero.
func TestFunctionsAreReachedInTheClusterOnlyAndIdleAtZero(t *testing.T) {
	for _, s := range of[*serving.Service](installation(t)) {
		if s.Labels["networking.knative.dev/visibility"] != "cluster-local" {
			t.Errorf("%s can be reached from outside", s.Name)
		}
		if s.Spec.Template.Annotations["autoscaling.knative.dev/min-scale"] != "0" {
			t.Errorf("%s does not scale to zero", s.Name)
		}
	}
}

// TestWhoeverEmitsEventsIsBoundToTheBroker.
func TestWhoeverEmitsEventsIsBoundToTheBroker(t *testing.T) {
	all := installation(t)
	bound := map[string]map[string]string{}
	for _, b := range of[*sources.SinkBinding](all) {
		named[*eventing.Broker](t, all, b.Spec.Sink.Ref.Namespace, b.Spec.Sink.Ref.Name)
		bound[b.Spec.Subject.Kind] = b.Spec.Subject.Selector.MatchLabels
	}
	if bound["Job"]["sinks.knative.dev/job-sink-name"] != "knelt-sync-job" {
		t.Errorf("the Jobs that are bound have the labels %v", bound["Job"])
	}
	for _, s := range of[*serving.Service](all) {
		emits := s.Name != "knelt-deadletter"
		for label, value := range bound["Service"] {
			if emits != (s.Labels[label] == value) {
				t.Errorf("%s: the label %s is %q", s.Name, label, s.Labels[label])
			}
		}
	}
}
