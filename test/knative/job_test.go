package knative

import (
	"context"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// jobs is the address of the JobSink.
const jobs = "http://job-sink.knative-eventing.svc.cluster.local/knelt-system/knelt-sync-job"

// ofJobs selects the pods of the JobSink's Jobs.
const ofJobs = "app.kubernetes.io/name=knelt-sync-job"

// TestAJobRunsASync under no request's time limit; a pod of it that is lost is
// replaced by one that goes on over the same connectors.
func TestAJobRunsASync(t *testing.T) {
	const users = 1200
	s := newSync(t, faker{Users: users, Rate: 3 * users / 20.0}, "")
	postTo(t, jobs, s.request())
	s.running()
	kill(t, syncProgram, pods(t, system, ofJobs))
	s.finishes(users, 3*time.Minute)
	eventually(t, "the end of the Job", time.Minute, func() bool { return len(jobsBy(t, succeeded)) == 1 })
	for _, j := range jobsBy(t, func(batchv1.Job) bool { return true }) {
		policy := metav1.DeletePropagationBackground
		if err := kube.BatchV1().Jobs(system).Delete(t.Context(), j.Name, metav1.DeleteOptions{PropagationPolicy: &policy}); err != nil {
			t.Error(err)
		}
	}
}

func succeeded(j batchv1.Job) bool { return j.Status.Succeeded > 0 }

// TestAJobWhoseSyncFailedIsNotRepeated: it would change nothing.
func TestAJobWhoseSyncFailedIsNotRepeated(t *testing.T) {
	s := newSyncOf(t, recipe{config: "{count: many}"})
	postTo(t, jobs, s.request())
	heard.result(t, s.run(), time.Minute)
	eventually(t, "the failure of the Job", time.Minute, func() bool { return len(jobsBy(t, failed)) == 1 })
	if j := jobsBy(t, failed); j[0].Status.Failed != 1 {
		t.Errorf("%d pods have failed", j[0].Status.Failed)
	}
}

func failed(j batchv1.Job) bool {
	for _, c := range j.Status.Conditions {
		if c.Type == batchv1.JobFailed && c.Status == "True" {
			return true
		}
	}
	return false
}

func jobsBy(t *testing.T, is func(batchv1.Job) bool) []batchv1.Job {
	t.Helper()
	list, err := kube.BatchV1().Jobs(system).List(context.Background(), metav1.ListOptions{LabelSelector: ofJobs})
	if err != nil {
		t.Fatal(err)
	}
	var some []batchv1.Job
	for _, j := range list.Items {
		if is(j) {
			some = append(some, j)
		}
	}
	return some
}
