package cost

import (
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// Actual returns what the run of a record cost, from what Lambda billed and the DPU that
// CloudWatch reported. It is nil on the local target, and as long as neither is known.
func Actual(r *bench.Record, prices Prices) *bench.CostSheet {
	if r.Run.Target != bench.AWS {
		return nil
	}
	price, priced := prices.In(r.Run.Config.Region)
	a := actual{sheet: bench.CostSheet{Basis: priceBasis(prices, r.Run.Config.Region, priced)}, architecture: arm}
	a.function(r)
	a.cluster(r.CloudWatch)
	if a.billed == 0 && a.sheet.DPU == nil && a.sheet.StreamedGB == 0 {
		return nil
	}
	var rows int64
	for _, s := range r.Summaries() {
		rows += s.Rows.Acknowledged
	}
	charge(&a.sheet, price, a.architecture, rows)
	return &a.sheet
}

// actual is the state of a calculation.
type actual struct {
	sheet        bench.CostSheet
	architecture string
	billed       int64 // invocations whose duration is known

	inits, unbilled int64   // starts of environments that were billed, and that weren't
	init            float64 // GB seconds of the billed starts
}

func (a *actual) say(format string, args ...any) {
	a.sheet.Basis = append(a.sheet.Basis, fmt.Sprintf(format, args...))
}

// function adds what Lambda billed.
func (a *actual) function(r *bench.Record) {
	if f := r.Run.Function; f != nil && f.Architecture != "" {
		a.architecture = f.Architecture
	} else {
		a.say("The function's architecture is not known: %s is assumed.", arm)
	}
	var started int64
	for _, s := range r.Summaries() {
		n := s.Invocations.Planned - s.Invocations.NotStarted
		started += n
		a.duration(r, string(s.Scenario), s.Billed)
		a.streamed(string(s.Scenario), s.Billed, n)
	}
	a.sheet.Requests = started
	if missing := started - a.billed; missing > 0 {
		a.say("Duration: Lambda reported that of %d invocations; %d are without one, so it is a lower bound.", a.billed, missing)
	} else {
		a.say("Duration: as Lambda billed it, of all %d invocations.", started)
	}
	a.warmUp(r)
	if a.sheet.StreamedGB > 0 {
		a.say("Streamed answers: %s GB beyond the first 6 MB of each, which are free, as the driver received them. If the rest of an answer was lost, it is a lower bound.", figure.Plain(a.sheet.StreamedGB))
	}
	if a.inits > 0 {
		a.sheet.InitGBSeconds = &a.init
		a.say("The start (INIT) of %d environments is in it, as their REPORT lines say.", a.inits)
	}
	if a.unbilled > 0 {
		a.say("The start (INIT) of %d environments is not in it: by their REPORT lines it was not billed.", a.unbilled)
	}
}

// duration adds the duration that Lambda billed for the invocations of a scenario or of the
// warm-up. Billed Duration includes INIT.
func (a *actual) duration(r *bench.Record, of string, b *bench.Billed) {
	if b == nil || b.Invocations == 0 {
		return
	}
	memory := b.MemoryMB
	if memory == 0 && r.Run.Function != nil {
		memory = r.Run.Function.MemoryMB
	}
	if memory == 0 {
		a.say("The function's memory is not known: the duration of %s is left out.", of)
		return
	}
	a.billed += b.Invocations
	a.sheet.GBSeconds += b.BilledSeconds * float64(memory) / mbPerGB
	if b.InitSeconds() == 0 {
		a.unbilled += b.Inits
		return
	}
	a.inits += b.Inits
	a.init += b.InitSeconds() * float64(memory) / mbPerGB
}

// largestAnswer is how many bytes Lambda streams of an answer at most (AWS Lambda Developer Guide,
// "Lambda quotas").
const largestAnswer = 200 << 20

// streamed adds the bytes that Lambda billed for the streamed answers of n invocations.
func (a *actual) streamed(of string, b *bench.Billed, n int64) {
	if b == nil {
		return
	}
	if bytes := b.StreamedBytesBilled; bytes < 0 || float64(bytes) > float64(n)*largestAnswer {
		a.say("The streamed bytes of %s are left out: %d bytes can't be right for %d invocations.", of, bytes, n)
		return
	}
	a.sheet.StreamedGB += float64(b.StreamedBytesBilled) / bytesPerGB
}

// warmUp adds the requests and the billed duration of the warm-up.
func (a *actual) warmUp(r *bench.Record) {
	w := r.Run.WarmUp
	if w == nil {
		return
	}
	n := w.Invocations.Planned - w.Invocations.NotStarted
	a.sheet.Requests += n
	a.streamed("the warm-up", w.Billed, n)
	if w.Billed == nil || w.Billed.Invocations == 0 {
		a.say("The warm-up's %d requests are in it, their duration is not, nor the start (INIT) of the environments that they needed (%s cold starts).", n, figure.CountOrAbsent(w.ColdStarts))
		return
	}
	a.duration(r, "the warm-up", w.Billed)
	a.say("The warm-up's %d requests are in it, and the duration of the %d that Lambda reported.", n, w.Billed.Invocations)
}

// cluster adds the DPU that CloudWatch reported.
func (a *actual) cluster(c *bench.CloudWatch) {
	dpu := totalDPU(c)
	if dpu == nil {
		a.say("The cluster's DPU are not known, and not in the total: CloudWatch has reported none so far (driver cloudwatch RESULTS fetches them).")
		return
	}
	a.sheet.DPU = dpu
	a.say("DPU: by CloudWatch, of all that the cluster did from %s to %s UTC, whoever asked for it.",
		c.From.UTC().Format("15:04"), c.To.UTC().Format("15:04"))
	if !c.Complete {
		a.say("CloudWatch's figures were fetched early and may still grow.")
	}
	if c.Problem != "" {
		a.say("CloudWatch: %s.", c.Problem)
	}
}

// totalDPU returns the sum that CloudWatch reported; nil if it has none.
func totalDPU(c *bench.CloudWatch) *float64 {
	if c == nil {
		return nil
	}
	for _, m := range c.Metrics {
		if m.Name == "TotalDPU" && m.Statistic == "Sum" {
			return m.Total
		}
	}
	return nil
}
