package machine

import (
	"os"
	"runtime"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"

	"dsql-load-test/internal/bench"
)

// Host describes this machine. A field that the system doesn't report stays empty.
func Host() bench.Host {
	h := bench.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
	if infos, err := cpu.Info(); err == nil && len(infos) > 0 {
		h.CPUModel = infos[0].ModelName
	}
	if m, err := mem.VirtualMemory(); err == nil {
		h.MemoryBytes = m.Total
	}
	return h
}

// Name returns this machine's host name; empty if the system doesn't report it.
func Name() string {
	name, _ := os.Hostname() // empty on an error
	return name
}
