package foreign

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"knelt.dev/test/e2e"
)

// TestStories drives the built CLI as a user does; the sources and launchers are
// in the folder foreign of each story.
func TestStories(t *testing.T) {
	t.Parallel()
	params := e2e.Params(bin, "stories")
	setup := params.Setup
	params.Setup = func(env *testscript.Env) error {
		env.Setenv("MODULES", modules)
		if err := setup(env); err != nil {
			return err
		}
		return os.Symlink(here, filepath.Join(env.WorkDir, "foreign"))
	}
	testscript.Run(t, params)
}
