package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// used is the cost of a run of the built driver, by kind of process: driver (with the Lambda
// service and the front), environment, helper and postgres.
type used struct {
	wall   time.Duration
	cpu    map[string]float64 // seconds
	memory map[string]float64 // peak PSS in MiB; clients is all but postgres
	sizes  map[string]float64 // of the files it wrote, in KiB, by their ending
}

// buildDriver builds this tree's driver and returns its path.
func buildDriver(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "driver")
	if out, err := exec.Command("go", "build", "-o", path, "../driver").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

// runDriver runs the driver in an empty folder and samples its processes every 100 ms. The
// time that a process used after its last sample isn't counted.
func runDriver(b *testing.B, binary string, flags ...string) used {
	b.Helper()
	u := used{cpu: map[string]float64{}, memory: map[string]float64{}, sizes: map[string]float64{}}
	p := exec.Command(binary, append([]string{"run", "--quiet", "--seed", "7"}, flags...)...)
	p.Dir = b.TempDir()
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT} // the run ends with the benchmark
	log, err := os.Create(filepath.Join(p.Dir, "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	p.Stdout, p.Stderr = log, log
	start := time.Now()
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	t := tree{root: p.Process.Pid, known: map[int]*member{}}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for running := true; running; {
		select {
		case err = <-ended:
			running = false
		case <-ticker.C:
			t.sample(u.memory)
		}
	}
	u.wall = time.Since(start)
	if err != nil {
		text, _ := os.ReadFile(log.Name())
		b.Fatalf("%v\n%s", err, text)
	}
	for _, m := range t.known {
		u.cpu[m.kind] += m.cpu
	}
	u.measureFiles(p.Dir)
	return u
}

func (u *used) measureFiles(folder string) {
	for _, ending := range []string{".json", ".html"} {
		files, _ := filepath.Glob(filepath.Join(folder, "results_*"+ending))
		for _, name := range files {
			if info, err := os.Stat(name); err == nil {
				u.sizes[ending] += float64(info.Size()) / 1024
			}
		}
	}
}

// member is a process of a run.
type member struct {
	kind string
	cpu  float64
}

// tree is a process with all its descendants, running or ended.
type tree struct {
	root  int
	known map[int]*member
}

// sample reads the CPU time and the memory of the running processes.
func (t *tree) sample(peak map[string]float64) {
	memory := map[string]float64{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for range 4 { // a parent may be listed after its child
		before := len(t.known)
		for _, name := range files {
			t.read(name)
		}
		if len(t.known) == before {
			break
		}
	}
	for pid, m := range t.known {
		memory[m.kind] += pss(pid)
	}
	memory["clients"] = memory["driver"] + memory["environment"] + memory["helper"]
	for kind, v := range memory {
		peak[kind] = max(peak[kind], v)
	}
}

// read reads the stat of a process, if it belongs to the tree.
func (t *tree) read(name string) {
	text, err := os.ReadFile(name)
	if err != nil {
		return // it has ended
	}
	head, rest, _ := strings.Cut(string(text), " (")
	command, rest, _ := strings.Cut(rest, ") ")
	var pid, parent int
	var skipped string
	var user, system, ignored int64
	_, _ = fmt.Sscan(head, &pid)
	_, err = fmt.Sscan(rest, &skipped, &parent, &ignored, &ignored, &ignored, &ignored, &ignored, &ignored, &ignored, &ignored, &ignored, &user, &system)
	if err != nil {
		return
	}
	m := t.known[pid]
	if m == nil {
		if pid != t.root && t.known[parent] == nil {
			return
		}
		m = &member{}
		t.known[pid] = m
	}
	const perSecond = 100 // USER_HZ
	m.cpu = float64(user+system) / perSecond
	if kind := t.kind(pid, command); m.kind == "" || kind != "helper" {
		m.kind = kind
	}
}

// kind is read at each sample: a new process has its parent's name until it executes its own
// program, and one that has just ended has no variables.
func (t *tree) kind(pid int, command string) string {
	if pid == t.root {
		return "driver"
	}
	if strings.HasPrefix(command, "postgres") {
		return "postgres"
	}
	environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if strings.Contains(string(environ), "_ROLE=environment\x00") {
		return "environment"
	}
	return "helper"
}

// pss returns a process's memory in MiB, in which a page shared by n processes counts 1/n.
func pss(pid int) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid)) // empty when it has ended
	_, after, _ := strings.Cut(string(text), "\nPss:")
	var kB float64
	_, _ = fmt.Sscan(after, &kB)
	return kB / 1024
}
