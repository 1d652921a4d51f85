package run

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"dsql-load-test/internal/local/child"
)

const (
	unknown    = "unknown"
	gitTimeout = 5 * time.Second
)

// versions returns the versions of this program, the toolchain and two of its modules.
func versions() map[string]string {
	v := map[string]string{"driver": unknown, "go": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		v["driver"] = info.Main.Version
		for _, d := range info.Deps {
			if d.Path == "github.com/jackc/pgx/v5" || d.Path == "github.com/aws/aws-lambda-go" {
				v[d.Path] = d.Version
			}
		}
	}
	return v
}

// commit returns the revision that this program was built from. "go run" doesn't note it,
// so then it is the revision of the checkout in the working folder.
func commit() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	module, err := os.ReadFile("go.mod")
	if err != nil || !strings.HasPrefix(string(module), "module dsql-load-test\n") {
		return unknown
	}
	ctx, cancel := context.WithTimeout(context.Background(), gitTimeout)
	defer cancel()
	git := exec.CommandContext(ctx, "git", "rev-parse", "HEAD")
	git.Env = child.Environment() // a hook's GIT_DIR names another repository
	out, err := git.Output()
	if err != nil {
		return unknown
	}
	return strings.TrimSpace(string(out))
}
