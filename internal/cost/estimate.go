package cost

import (
	"fmt"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/event"
)

// Assumptions about a function and its speed, before anything ran.
const (
	arm             = "arm64"
	x86             = "x86_64"
	defaultMemoryMB = 1024
	statementTime   = 20 * time.Millisecond  // one row
	furtherRowTime  = 800 * time.Microsecond // each row after the first: 100 ms for 100 rows
	initTime        = 100 * time.Millisecond // INIT, the start of an environment of provided.al2023, which Lambda bills
	connectTime     = 400 * time.Millisecond // an environment's first connection
)

const (
	sampledRows    = 2000 // events whose size is measured, of each scenario
	timestampBytes = 8
	bytesPerGB     = 1 << 30 // what AWS calls a GB of storage is a GiB
	mbPerGB        = 1024
	million        = 1e6
)

// Estimate returns the cost of the work at the prices for region. fn is the function as it is configured; nil assumes arm64 with 1024 MB.
func Estimate(work Work, fn *bench.Function, prices Prices, region string) bench.CostSheet {
	price, priced := prices.In(region)
	e := estimate{work: work, architecture: arm, memoryMB: defaultMemoryMB}
	if fn != nil && fn.MemoryMB > 0 {
		e.memoryMB = fn.MemoryMB
		if fn.Architecture != "" {
			e.architecture = fn.Architecture
		}
	}
	for _, p := range work.Plans {
		e.add(p)
		e.rows += p.Rows()
	}
	if work.WarmUp != nil {
		e.add(*work.WarmUp)
	}
	// Each environment serves one invocation at a time and stays until the end.
	init := float64(e.environments) * initTime.Seconds()
	e.seconds += init + float64(e.environments)*connectTime.Seconds()
	gb, initGB := e.seconds*float64(e.memoryMB)/mbPerGB, init*float64(e.memoryMB)/mbPerGB
	sheet := bench.CostSheet{
		Requests: e.requests, GBSeconds: gb, InitGBSeconds: &initGB, DPU: &e.dpu, StreamedGB: e.streamed / bytesPerGB,
		Basis: append(priceBasis(prices, region, priced), e.basis(fn, price)...),
	}
	charge(&sheet, price, e.architecture, e.rows)
	return sheet
}

// charge fills in the prices of the amounts on a sheet, the total of those that are known,
// and the total divided by the rows.
func charge(s *bench.CostSheet, price RegionPrices, architecture string, rows int64) {
	s.RequestsUSD = float64(s.Requests) / million * price.MillionRequests
	s.DurationUSD = s.GBSeconds * price.gbSecond(architecture)
	s.TotalUSD = s.RequestsUSD + s.DurationUSD
	if s.StreamedGB > 0 && price.StreamedGB != nil {
		s.StreamedUSD = s.StreamedGB * *price.StreamedGB
		s.TotalUSD += s.StreamedUSD
		if price.StreamedFrom != "" {
			s.Basis = append(s.Basis, fmt.Sprintf("The price list has no price for streamed bytes: that of %s is used.", price.StreamedFrom))
		}
	}
	if s.DPU != nil {
		s.DPUUSD = new(*s.DPU / million * price.MillionDPU)
		s.TotalUSD += *s.DPUUSD
	}
	if rows > 0 {
		s.PerMillionRowUSD = new(s.TotalUSD / float64(rows) * million)
	}
}

// estimate is the state of a calculation.
type estimate struct {
	work         Work
	architecture string
	memoryMB     int64
	requests     int64
	environments int
	warmUp       bool
	rows         int64   // of the scenarios
	seconds      float64 // of the function
	dpu          float64
	stored       float64 // bytes of the scenarios' rows
	streamed     float64 // bytes of the answers that are billed
	answer       float64 // bytes of the largest answer
}

func (e *estimate) add(p bench.Plan) {
	rows := p.Invocation(0).RowsPerStatement()
	e.requests += int64(p.Load.NumLambdas)
	e.environments = max(e.environments, p.Concurrency)
	took := float64(p.Invocation(0).Statements()) * (statementTime + time.Duration(rows-1)*furtherRowTime).Seconds()
	dpu, size := sample(p)
	e.dpu += float64(p.Statements()) * dpu
	if p.WarmUp {
		e.warmUp = true
		took += bench.WarmUpHold.Seconds()
	} else {
		e.stored += float64(p.Rows()) * size
	}
	e.seconds += float64(p.Load.NumLambdas) * took
	e.stream(p, took)
}

// sample makes some of the plan's own statements, evenly spread, and returns the mean DPU of
// a statement and the mean bytes of a row.
func sample(p bench.Plan) (dpu, size float64) {
	perInvocation, total := int64(p.Invocation(0).Statements()), p.Statements()
	if total == 0 {
		return 0, 0
	}
	sizes := make([]int, p.Invocation(0).RowsPerStatement())
	n := min(max(sampledRows/int64(len(sizes)), 1), total)
	events, err := event.New(p.RunID, p.Seed, p.EventType)
	if err != nil {
		return 0, 0 // the function refuses such a plan, and inserts nothing
	}
	var bytes int
	for k := range n {
		at := k * total / n
		inv := p.Invocation(int(at / perInvocation))
		for row := range sizes {
			e := events.Event(nil, event.At(inv, int(at%perInvocation), row), time.Unix(0, 0))
			sizes[row] = len(e.ID) + len(e.Name) + len(e.Type) + 2*timestampBytes + len(e.Data)
			bytes += sizes[row]
		}
		dpu += insertDPU(sizes...)
	}
	return dpu / float64(n), float64(bytes) / float64(n*int64(len(sizes)))
}

func (e *estimate) basis(fn *bench.Function, price RegionPrices) []string {
	function := fmt.Sprintf("Function: %d MB, %s", e.memoryMB, e.architecture)
	if fn == nil || fn.MemoryMB <= 0 {
		function += ", which is assumed"
	}
	gib := e.stored / bytesPerGB
	hold := ""
	if e.warmUp {
		hold = fmt.Sprintf(" An invocation of the warm-up stays %s longer.", ms(bench.WarmUpHold))
	}
	return []string{
		function + ".",
		fmt.Sprintf("Duration, assumed: %s a statement and %s for each row after its first, and for each of %d cold starts, one an invocation in flight, %s to start (INIT, which is billed) and %s to connect.%s",
			ms(statementTime), ms(furtherRowTime), e.environments, ms(initTime), ms(connectTime), hold),
		fmt.Sprintf("DPU by DSQL's formula: bytes written, of which this plan's own events have %.0f a row on average; the least that a transaction reads; and, assumed, %s of computing a transaction and %s a row.",
			e.stored/float64(max(e.rows, 1)), ms(transactionCompute), ms(rowCompute)),
		e.streamBasis(),
		fmt.Sprintf("Storage is left out: the rows take %.3g GiB, which is %s a month while they stay.", gib, USD(gib*price.StorageGBMonth)),
		"Left out too: attempts after the first, conflicts, the look at the table afterwards, the removal of rows, data transfer and logs.",
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%g ms", float64(d)/float64(time.Millisecond)) }

// priceBasis says which prices were used.
func priceBasis(p Prices, region, priced string) []string {
	basis := []string{fmt.Sprintf("Prices of %s as of %s (%s).", priced, p.Date, p.Source)}
	if priced != region {
		basis = append(basis, fmt.Sprintf("The prices of %s stand in for %s, which the list doesn't have.", priced, region))
	}
	return append(basis, "Free tiers, discounts and taxes are left out.")
}
