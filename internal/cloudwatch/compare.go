package cloudwatch

import (
	"fmt"
	"math"
	"strings"

	"dsql-load-test/internal/bench"
)

// Comparison compares one of AWS's numbers with ours.
type Comparison struct {
	Name string  `json:"name"`
	AWS  float64 `json:"aws"`
	// Low and High are the range in which AWS's number should lie, both included; nil means no
	// limit.
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	OK   bool     `json:"ok"`
	// Ours explains the range. Why is a possible reason why AWS's number is outside; empty if OK.
	Ours string `json:"ours"`
	Why  string `json:"why"`
}

// occConflict is the SQLSTATE of a conflict of optimistic concurrency control.
const occConflict = "40001"

// Compare compares AWS's numbers with the record's own, as far as both are known. AWS counts whole
// minutes and all clients, so most comparisons have a range.
func Compare(r *bench.Record) []Comparison {
	if r.CloudWatch == nil {
		return []Comparison{}
	}
	c := &comparing{totals: map[string]*float64{}, all: []Comparison{}, early: !r.CloudWatch.Complete}
	for _, m := range r.CloudWatch.Metrics {
		if m.Statistic == "Sum" || m.Statistic == "Maximum" {
			c.totals[m.Name+" "+m.Statistic] = m.Total
		}
	}
	c.statements(r)
	c.invocations(r)
	return c.all
}

// comparing collects comparisons.
type comparing struct {
	totals map[string]*float64 // by metric and statistic
	all    []Comparison
	early  bool // AWS's numbers may still grow
}

// add compares a metric's total with the range from low to high. below and above are the reasons
// why it may lie outside. It adds nothing if AWS has no total.
func (c *comparing) add(name, metric string, low, high float64, ours, below, above string) {
	value := c.totals[metric]
	if value == nil {
		return
	}
	n := Comparison{Name: name, AWS: *value, Ours: ours, Low: bound(low), High: bound(high)}
	switch {
	case *value < low && c.early:
		n.Why = "not all of it has come yet"
	case *value < low:
		n.Why = below
	case *value > high:
		n.Why = above
	default:
		n.OK = true
	}
	c.all = append(c.all, n)
}

// bound returns nil for an infinite limit.
func bound(v float64) *float64 {
	if math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// statements compares what the cluster counted.
func (c *comparing) statements(r *bench.Record) {
	var acknowledged, conflicts, unheard int64
	for _, s := range r.Summaries() {
		if s.Foreign() {
			return // a foreign function doesn't count its statements
		}
		acknowledged += s.Statements.Acknowledged
		conflicts += s.Retried[occConflict]
		for _, e := range s.ErrorsByKind {
			if e.Kind == occConflict {
				conflicts += e.Statements
			}
		}
		unheard += s.Invocations.Unknown
	}
	c.add("transactions", "TotalTransactions Sum", float64(acknowledged), math.Inf(1),
		fmt.Sprintf("%d statements acknowledged, each a transaction; attempts that failed, the warm-up, verification and others add to AWS's", acknowledged),
		"the metrics are of another cluster, or some were lost", "")
	most := float64(conflicts)
	ours := fmt.Sprintf("%d attempts failed with %s", conflicts, occConflict)
	if w := r.Run.WarmUp; w != nil || unheard > 0 {
		most = math.Inf(1)
		ours += fmt.Sprintf("; those of the warm-up and of %d invocations without an answer are not in it", unheard)
	}
	c.add("conflicts", "OccConflicts Sum", float64(conflicts), most, ours,
		"AWS counts conflicts of keys only; "+occConflict+" are changes of the schema (OC001) too",
		"others wrote to the cluster")
}

// invocations compares what Lambda counted.
func (c *comparing) invocations(r *bench.Record) {
	var sent, answered, unsuccessful, concurrent, all, throttled int64
	accounts := []bench.Account{}
	for _, s := range r.Summaries() {
		accounts = append(accounts, s.Invocations)
		concurrent = max(concurrent, int64(s.Concurrency))
		for reason, n := range s.Throttles {
			all += n
			if strings.Contains(reason, "Concurrent") {
				throttled += n
			}
		}
	}
	most, warmUp := float64(all), ""
	if w := r.Run.WarmUp; w != nil {
		accounts = append(accounts, w.Invocations)
		concurrent = max(concurrent, min(w.Invocations.Planned, int64(r.Run.Config.InFlight())))
		most, warmUp = math.Inf(1), "; the warm-up's are not in it"
	}
	for _, a := range accounts {
		sent += a.Planned - a.NotStarted
		answered += a.Acknowledged
		unsuccessful += a.Failed + a.Unknown
	}
	const others = "others called the function too"
	c.add("invocations", "Invocations Sum", float64(answered), float64(sent), fmt.Sprintf("%d answered of %d sent", answered, sent),
		"the metrics are of another function, or some were lost", others)
	c.add("errors", "Errors Sum", 0, float64(unsuccessful), fmt.Sprintf("at most the %d invocations that failed or ended unknown", unsuccessful), "", others)
	c.add("throttles", "Throttles Sum", float64(throttled), most,
		fmt.Sprintf("%d calls refused for want of concurrency, %d for any reason%s", throttled, all, warmUp),
		"the account's quota may have refused before the function was looked at", others)
	c.add("concurrent executions", "ConcurrentExecutions Maximum", 0, float64(concurrent),
		fmt.Sprintf("at most %d in flight", concurrent), "", others+", or invocations went on after their calls had ended")
}
