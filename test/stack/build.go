package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Binaries are the paths of the three programs.
type Binaries struct {
	Collector, Prometheus, Jaeger string
}

// module is a Go module in this folder that pins the version of a program.
type module struct {
	name string   // its folder, and the program's name
	args []string // of go build
}

func modules() []module {
	return []module{
		{"otelcol", []string{"."}},
		{"prometheus", []string{"-tags", "remove_all_sd", "github.com/prometheus/prometheus/cmd/prometheus"}},
		{"jaeger", []string{"github.com/jaegertracing/jaeger/cmd/jaeger"}},
	}
}

// Build makes the programs, or finds those that an earlier call made from the same sources
// with the same version of Go. The first build takes about ten minutes on two cores, later
// calls take seconds. The programs are kept in the user's cache folder.
func Build(ctx context.Context) (Binaries, error) {
	cache, err := cacheFolder()
	if err != nil {
		return Binaries{}, err
	}
	unlock, err := lock(ctx, filepath.Join(cache, "lock"))
	if err != nil {
		return Binaries{}, err
	}
	defer unlock()
	var paths []string
	for _, m := range modules() {
		path, err := m.build(ctx, cache)
		if err != nil {
			return Binaries{}, err
		}
		paths = append(paths, path)
	}
	return Binaries{Collector: paths[0], Prometheus: paths[1], Jaeger: paths[2]}, nil
}

func cacheFolder() (string, error) {
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder to keep the telemetry programs in: %w", err)
	}
	folder := filepath.Join(user, "dsql-load-test", "stack")
	return folder, os.MkdirAll(folder, 0o755)
}

// build returns the program's path. The program appears there complete or not at all.
func (m module) build(ctx context.Context, cache string) (string, error) {
	source, err := repositoryPath("test", "stack", m.name)
	if err != nil {
		return "", err
	}
	key, err := m.key(ctx, source)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", m.name, err)
	}
	path := filepath.Join(cache, key, m.name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("build %s: %w", m.name, err)
	}
	half := path + ".half"
	defer func() { _ = os.Remove(half) }()
	if err := m.compile(ctx, source, half); err != nil {
		return "", err
	}
	return path, os.Rename(half, path)
}

func (m module) compile(ctx context.Context, source, target string) error {
	args := append([]string{"build", "-trimpath", "-ldflags", "-s -w", "-o", target}, m.args...)
	cmd := goCommand(ctx, source, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", m.name, err, tail(out))
	}
	return nil
}

// goCommand runs the go command in one of the modules and ignores a workspace around it.
// Without cgo the programs need no libraries of the machine.
func goCommand(ctx context.Context, folder string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "PWD="+folder)
	return cmd
}

// repositoryPath returns a path in the repository that contains the working directory. In a
// test that is the folder of its package.
func repositoryPath(parts ...string) (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		if text, err := os.ReadFile(filepath.Join(folder, "go.mod")); err == nil && strings.HasPrefix(string(text), "module dsql-load-test\n") {
			return filepath.Join(append([]string{folder}, parts...)...), nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("find the repository: the working directory is outside of it")
		}
		folder = parent
	}
}
