package foreign

import (
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/process"
	"knelt.dev/pkg/engine"
)

// asked gives both ends of a story, ready to be asked.
func (s *story) asked() (source, destination *engine.End) {
	s.t.Helper()
	req, redactor := s.request(), connection.NewRedactor()
	source, err := s.engine.Source(s.t.Context(), req.Source, redactor)
	if err != nil {
		s.t.Fatal(err)
	}
	destination, err = s.engine.Destination(s.t.Context(), req.Destination, redactor)
	if err != nil {
		s.t.Fatal(err)
	}
	return source, destination
}

func TestSpecsOfForeignConnectorsAreUnderstood(t *testing.T) {
	s := newStory(t, kit(object{"count": 1}), faros())
	source, destination := s.asked()
	spec, err := s.engine.Spec(t.Context(), source, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(spec.ConnectionSpecification), `"source_heartbeat_interval_ms"`) {
		t.Errorf("the kit's own properties are missing in %s", spec.ConnectionSpecification)
	}
	if spec, err = s.engine.Spec(t.Context(), destination, nil); err != nil {
		t.Fatal(err)
	}
	if len(spec.SupportedDestinationSyncModes) != 3 {
		t.Errorf("destination sync modes %q", spec.SupportedDestinationSyncModes)
	}
}

func TestCheckShowsWhatAForeignConnectorSays(t *testing.T) {
	broken := faros()
	broken.Config["jsonata_expression"] = "(("
	for name, c := range map[string]struct {
		source, destination end
		words               [2]string // of why the source's and the destination's check failed
	}{
		"good": {kit(object{"count": 1}), faros(), [2]string{}},
		"bad":  {kit(object{"count": -1}), broken, [2]string{"nobody can count to less than nothing", "Failed to parse JSONata expression"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, c.source, c.destination)
			source, destination := s.asked()
			for i, end := range []*engine.End{source, destination} {
				status, err := s.engine.Check(t.Context(), end, nil)
				if err != nil {
					t.Fatal(err)
				}
				if failed := status.Status == airbyte.CheckFailed; failed != (c.words[i] != "") || !strings.Contains(status.Message, c.words[i]) {
					t.Errorf("check of %s: %s, %q; want %q in it", end.Resource, status.Status, status.Message, c.words[i])
				}
			}
		})
	}
}

func TestAConfigThatBreaksAForeignSpecIsRefusedWithItsPath(t *testing.T) {
	bad := kit(object{"count": "many"})
	s := newStory(t, bad, faros())
	source, _ := s.asked()
	_, err := s.engine.Check(t.Context(), source, nil)
	if err == nil || !strings.Contains(err.Error(), "count") || !strings.Contains(err.Error(), "knelt.yaml") {
		t.Errorf("check of a config with text for a number: %v", err)
	}
}

func TestDiscoverOfTheKitGivesStreamsKeysAndModes(t *testing.T) {
	s := newStory(t, kit(object{"count": 1}), faros())
	source, _ := s.asked()
	catalog, err := s.engine.Discover(t.Context(), source, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(catalog.Streams) != 2 || catalog.Streams[0].Name != "numbers" || len(catalog.Streams[0].SourceDefinedPrimaryKey) != 1 {
		t.Errorf("catalog %+v", catalog)
	}
}

func TestAnswerEndsWithTheNodeProcessGone(t *testing.T) {
	t.Parallel()
	command := node("kit-source.js")
	program := connector.Connector{Command: command.Command, Env: command.Env, Dir: t.TempDir()}
	runtime := process.New(process.Config{Root: filepath.Join(t.TempDir(), "run")})
	for _, inv := range []connector.Invocation{
		{Command: connector.Spec},
		{Command: connector.Check, Config: []byte(`{"count":3}`)},
		{Command: connector.Discover, Config: []byte(`{"count":3}`)},
	} {
		m, err := connector.Answer(t.Context(), runtime, program, inv, connector.AnswerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if want := map[connector.Command]bool{
			connector.Spec: m.Spec != nil, connector.Check: m.ConnectionStatus != nil, connector.Discover: m.Catalog != nil,
		}; !want[inv.Command] {
			t.Errorf("%s was answered with a %s", inv.Command, m.Type)
		}
	}
}

func TestAProgramThatIsNoConnectorIsCalledOne(t *testing.T) {
	t.Parallel()
	runtime := process.New(process.Config{Root: filepath.Join(t.TempDir(), "run")})
	program := connector.Connector{Command: []string{"node", "-e", "require('airbyte-faros-destination')"}, Dir: t.TempDir()}
	_, err := connector.Answer(t.Context(), runtime, program, connector.Invocation{Command: connector.Spec}, connector.AnswerOptions{Name: "destination far"})
	if err == nil || !strings.Contains(err.Error(), "airbyte-faros-destination") {
		t.Errorf("without NODE_PATH the package is not found, and the error is to show what node says: %v", err)
	}
}
