package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/quote"
)

const unknown = "unknown"

var errTooFewFiles = errors.New("the limit of open files is too low")

// host tells of this machine; what the system doesn't say stays empty.
func host() bench.Host {
	h := bench.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
	if infos, err := cpu.Info(); err == nil && len(infos) > 0 {
		h.CPUModel = infos[0].ModelName
	}
	if m, err := mem.VirtualMemory(); err == nil {
		h.MemoryBytes = m.Total
	}
	return h
}

// hostName is this machine's name; empty when the system doesn't say it.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

// versions adds this program's and the toolchain's to others.
func versions(others map[string]string) map[string]string {
	v := maps.Clone(others)
	v["driver"], v["go"] = unknown, runtime.Version()
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

// commit is the revision that this program was built from: what the build
// noted, else that of the checkout it is run in by "go run".
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
	git := exec.Command("git", "rev-parse", "HEAD")
	git.Env = child.Environment() // a hook's GIT_DIR names another repository
	out, err := git.Output()
	if err != nil {
		return unknown
	}
	return strings.TrimSpace(string(out))
}

// checkOpenFiles makes sure that the calls in flight fit: each takes a
// connection with two ends in this process, and one to the environment.
func checkOpenFiles(inFlight int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	if need := uint64(3*inFlight + 256); limit.Cur < need {
		return quote.Hint(fmt.Errorf("%w: %d, and %d invocations in flight need %d", errTooFewFiles, limit.Cur, inFlight, need),
			"raise it (ulimit -n %d), or use a lower --concurrency", need)
	}
	return nil
}
