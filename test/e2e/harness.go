package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Build builds knelt and our connectors into dir. If KNELT_BIN names a folder that
// holds them already, they are taken from there.
func Build(ctx context.Context, dir string) (bin string, err error) {
	if built := os.Getenv("KNELT_BIN"); built != "" {
		return filepath.Abs(built)
	}
	_, here, _, _ := runtime.Caller(0)
	build := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator), "./cmd/knelt", "./connectors/...")
	build.Dir = filepath.Join(filepath.Dir(here), "..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return dir, nil
}

// Environment is what programs get: little, so that no setting of the machine that
// runs the tests decides how they end.
func Environment(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "LANG=C.UTF-8", "TZ=UTC",
		"SHOP_KEY=" + SecretValue,
	}
}

// SecretValue is the secret of the stories; it must never be seen.
const SecretValue = "hunter2-Wq7-never-to-be-seen"
