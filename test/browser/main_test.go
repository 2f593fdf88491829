package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"knelt.dev/test/e2e"
)

// chromium is the one browser of all tests; axe what checks accessibility;
// screenshots where pictures are kept; bin where our programs are.
var (
	chromium    context.Context
	axe         string
	screenshots string
	bin         string
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "test/browser:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if err := prepare(); err != nil {
		return 0, err
	}
	home, err := os.MkdirTemp("", "knelt-browser-")
	if err != nil {
		return 0, err
	}
	defer removed(home)
	if bin, err = e2e.Build(context.Background(), filepath.Join(home, "bin")); err != nil {
		return 0, err
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		return 0, fmt.Errorf("%w; install it by: test/setup.sh chromium", err)
	}
	options := slices.Concat(chromedp.DefaultExecAllocatorOptions[:], []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(home, "profile")), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	})
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	ctx, stop = chromedp.NewContext(ctx)
	defer stop()
	if err := chromedp.Do(ctx); err != nil {
		return 0, fmt.Errorf("starting %s: %w", path, err)
	}
	chromium = ctx
	code := m.Run()
	return code, chromedp.Cancel(ctx)
}

// prepare has npm's packages at hand, which also holds the committed libraries
// against them.
func prepare() error {
	var complaint strings.Builder
	cmd := exec.Command("../../pkg/dashboard/vendor.sh", "--check")
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("vendor.sh --check: %w: %s", err, complaint.String())
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "node_modules/axe-core/axe.min.js"))
	if err != nil {
		return err
	}
	axe = string(text)
	screenshots, err = filepath.Abs("../../bin/screenshots")
	if err != nil {
		return err
	}
	return os.MkdirAll(screenshots, 0o755)
}

// removed removes the browser's folder, in which its children write for a
// moment after its end.
func removed(home string) {
	for range 50 {
		if os.RemoveAll(home) == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
