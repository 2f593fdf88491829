package smoketest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const ofReceiver = "serving.knative.dev/service=receiver"

// function is a namespace with the function receiver, which has no pod.
func function(t *testing.T) namespace {
	t.Helper()
	ns := newNamespace(t)
	ns.apply(t, "service.yaml")
	ns.ready(t, "ksvc/receiver")
	if pods := ns.pods(t, ofReceiver); len(pods) > 0 {
		t.Fatalf("the function is to begin at zero, and has %v", pods)
	}
	return ns
}

func TestServiceAnswersFromZero(t *testing.T) {
	ns := function(t)
	begin := time.Now()
	answer := get(t, "http://receiver."+string(ns)+".knelt.test/public")
	t.Logf("answered from zero after %.2f s", time.Since(begin).Seconds())
	if !strings.HasPrefix(answer, "hello from receiver-") {
		t.Errorf("it was not the function that answered: %s", answer)
	}
	private := get(t, "http://receiver."+string(ns)+".svc.cluster.local/private")
	if !strings.Contains(private, "/private") {
		t.Errorf("the cluster's own name has another answer: %s", private)
	}
	image := ns.kubectl(t, "get", "revision", "-o", "jsonpath={.items[0].status.containerStatuses[0].imageDigest}")
	if !strings.Contains(image, "@sha256:") {
		t.Errorf("the digest of the image is not resolved: %s", image)
	}
}

func TestEventWakesAFunction(t *testing.T) {
	ns := function(t)
	ns.apply(t, "broker.yaml")
	ns.ready(t, "broker/default")
	ns.ready(t, "trigger/receiver")
	url := ns.kubectl(t, "get", "broker/default", "-o", "jsonpath={.status.address.url}")
	id := fmt.Sprint("event-", time.Now().UnixNano())
	post(t, url, id, `{"n": 1}`)
	// Only then is it asked, as a question would wake it, too.
	eventually(t, "the event has started a pod", func() bool { return len(ns.pods(t, ofReceiver)) > 0 })
	eventually(t, "the function has got the event", func() bool { return slices.Contains(ns.received(t), id) })
}

func TestJobSinkRunsAJob(t *testing.T) {
	ns := newNamespace(t)
	ns.apply(t, "jobsink.yaml")
	ns.ready(t, "jobsink/job")
	url := ns.kubectl(t, "get", "jobsink/job", "-o", "jsonpath={.status.address.url}")
	post(t, url, "job-1", `{"for": "the job"}`)
	eventually(t, "the job has ended well", func() bool {
		return strings.Contains(ns.kubectl(t, "get", "jobs", "-o", "jsonpath={.items[*].status.succeeded}"), "1")
	})
	name := ns.kubectl(t, "get", "jobs", "-o", "jsonpath={.items[0].metadata.name}")
	if said := ns.kubectl(t, "logs", "job/"+name); !strings.Contains(said, "the job") {
		t.Errorf("the job has not seen the event: %s", said)
	}
}

func TestPingSourceFires(t *testing.T) {
	ns := function(t)
	ns.apply(t, "pingsource.yaml")
	ns.ready(t, "pingsource/ping")
	eventually(t, "the source has started a pod", func() bool { return len(ns.pods(t, ofReceiver)) > 0 })
	eventually(t, "the function has got two events", func() bool { return len(ns.received(t)) >= 2 })
}
