package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/mem"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/local/postgres"
	"dsql-load-test/internal/local/scratch"
	"dsql-load-test/internal/machine"
	"dsql-load-test/internal/quote"
)

// What a local run needs, as measured (README, "Limits"), in bytes.
const (
	memoryPerInvocation = 4 << 20 // in flight, without the front; less with it
	diskPerRow          = 2 << 10 // table, index and log
	diskAtLeast         = 1 << 30 // PostgreSQL's log grows up to that
)

// checkOpenFiles compares the limit of open files with the need of the calls in flight.
func (e *exam) checkOpenFiles(context.Context) Check {
	limit, err := machine.OpenFiles()
	if err != nil {
		return warning("", "%s", quote.Collapse(err))
	}
	each := machine.LocalFiles
	if e.o.Config.Target == bench.AWS || e.o.EndpointURL != "" {
		each = machine.RemoteFiles
	}
	return ofLimit(limit, e.o.Config.InFlight(), each)
}

func ofLimit(limit uint64, inFlight, each int) Check {
	need := machine.FilesNeeded(inFlight, each)
	if limit < need {
		return failed(fmt.Sprintf("ulimit -n %d, or a lower --concurrency", need), "at most %d, and %s invocations in flight need %d", limit, count(inFlight), need)
	}
	return ok("at most %d, of which %s invocations in flight need %d", limit, count(inFlight), need)
}

func checkPostgreSQL(context.Context) Check { return ofPrograms(postgres.Installed()) }

func ofPrograms(folder string, err error) Check {
	if err != nil {
		return warning("apt-get install postgresql, brew install postgresql, or --database-url", "%s: the run fetches one", quote.Collapse(err))
	}
	return ok("server programs in %s", folder)
}

func (e *exam) checkMemory(ctx context.Context) Check {
	m, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return warning("", "can't be read: %s", quote.Collapse(err))
	}
	return enough(m.Available, uint64(e.o.Config.InFlight())*memoryPerInvocation, "available", "a lower --concurrency")
}

func (e *exam) checkDisk(ctx context.Context) Check {
	if err := postgres.Try(ctx, e.o.TempFolder); err != nil {
		why, cured := strings.CutSuffix(err.Error(), "; "+scratch.Cure)
		if !cured {
			return failed("", "%s", why)
		}
		return failed(scratch.Cure, "%s", why)
	}
	d, err := disk.UsageWithContext(ctx, e.o.TempFolder)
	if err != nil {
		return warning("", "%s can't be read: %s", e.o.TempFolder, quote.Collapse(err))
	}
	var rows uint64
	for _, p := range e.o.Config.Plans("") {
		rows += uint64(p.Rows())
	}
	return enough(d.Free, diskAtLeast+rows*diskPerRow, "free in "+e.o.TempFolder, "set TMPDIR to a folder with more, or plan fewer rows")
}

// enough compares the bytes that there are with the bytes that the plan needs.
func enough(have, need uint64, where, cure string) Check {
	const gib = 1 << 30
	if have < need {
		return warning(cure, "%.1f GiB %s, and the plan takes about %.1f GiB", float64(have)/gib, where, float64(need)/gib)
	}
	return ok("%.1f GiB %s, of which the plan takes about %.1f GiB", float64(have)/gib, where, float64(need)/gib)
}
