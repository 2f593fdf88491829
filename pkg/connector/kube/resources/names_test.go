package resources_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"

	"knelt.dev/pkg/connector"
	. "knelt.dev/pkg/connector/kube/resources"
)

// TestNamesAndLabelsAreValidWhateverAConnectionIsCalled: names of connections
// are texts.
func TestNamesAndLabelsAreValidWhateverAConnectionIsCalled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := connector.Seat{
			Connection: rapid.OneOf(rapid.String(), rapid.StringMatching(`[-a-zA-Z0-9._/ ]{0,80}`)).Draw(t, "connection"),
			Sync:       rapid.Int64Min(1).Draw(t, "sync"), Attempt: rapid.IntRange(1, 9999).Draw(t, "attempt"),
			Command: rapid.SampledFrom([]connector.Command{connector.Read, connector.Write}).Draw(t, "command"),
		}
		if wrong := validation.IsDNS1123Label(SeatName(s)); len(wrong) > 0 {
			t.Errorf("%q: %v", SeatName(s), wrong)
		}
		if wrong := validation.IsValidLabelValue(ConnectionLabel(s.Connection)); len(wrong) > 0 || ConnectionLabel(s.Connection) == "" {
			t.Errorf("%q: %v", ConnectionLabel(s.Connection), wrong)
		}
	})
}

func TestSeatsHaveNamesOfTheirOwn(t *testing.T) {
	base := connector.Seat{Connection: "shop to lake", Sync: 1, Attempt: 2, Command: connector.Read}
	seen := map[string]bool{SeatName(base): true}
	for _, change := range []func(*connector.Seat){
		func(s *connector.Seat) { s.Connection = "shop/to/lake" },
		func(s *connector.Seat) { s.Sync = 2 },
		func(s *connector.Seat) { s.Attempt = 1 },
		func(s *connector.Seat) { s.Command = connector.Write },
	} {
		s := base
		change(&s)
		if seen[SeatName(s)] {
			t.Errorf("%+v has the name of another: %s", s, SeatName(s))
		}
		seen[SeatName(s)] = true
	}
	again := base
	if again.Epoch = 9; !strings.HasPrefix(SeatName(again), "shop-to-lake-") || !seen[SeatName(again)] {
		t.Errorf("a successor looks for %s", SeatName(again))
	}
}

func TestTheUserIsANumberThatIsNotRoot(t *testing.T) {
	uid := 70
	for _, c := range []struct {
		image string
		pod   connector.Pod
		uid   int64
		group bool
		note  string
	}{
		{"1001", connector.Pod{}, 1001, false, ""},
		{"1001:5", connector.Pod{}, 1001, true, ""},
		{"1001:staff", connector.Pod{}, 1001, false, ""},
		{"airbyte", connector.Pod{}, 1000, false, "airbyte"},
		{"airbyte:airbyte", connector.Pod{}, 1000, false, "airbyte"},
		{"", connector.Pod{}, 1000, false, "root"},
		{"0", connector.Pod{}, 1000, false, "root"},
		{"0:0", connector.Pod{}, 1000, false, "root"},
		{"root", connector.Pod{}, 1000, false, "root"},
		{"99999999999", connector.Pod{}, 1000, false, "99999999999"},
		{"1001:5", connector.Pod{RunAsUser: &uid}, 70, false, "runAsUser"},
		{"1001:5", connector.Pod{RunAsRoot: true}, 0, false, "runAsRoot"},
	} {
		u := NewUser(c.pod, c.image)
		if u.UID != c.uid || (u.GID != nil) != c.group || (u.Note != "") != (c.note != "") || !strings.Contains(u.Note, c.note) {
			t.Errorf("%q, %+v: got %+v", c.image, c.pod, u)
		}
	}
}
