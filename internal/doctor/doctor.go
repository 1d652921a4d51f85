// Package doctor looks, before a run, whether it can work: credentials, function,
// quotas, cluster, table, this machine and what observes. It invokes
// nothing, leaves nothing behind and ends within seconds, whatever doesn't answer.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/quote"
)

const (
	// DefaultDeadline bounds each question that is asked over a network.
	DefaultDeadline = 5 * time.Second
	// wholeDeadline bounds all of them, those included that wait for others.
	wholeDeadline = 9 * time.Second
)

// State is what became of a check.
type State string

// The states.
const (
	OK      State = "ok"
	Warning State = "warning" // a run can start, and may not be what was wanted
	Failed  State = "failed"  // a run can't work
	Skipped State = "skipped" // not looked at, with the reason
)

// Check is one thing that was looked at.
type Check struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	Text  string `json:"text"` // what was found, with figures; never a secret
	Cure  string `json:"cure"` // the command or action that cures it; empty when there is nothing to cure

	cause cause
	// differs: the table, or a user's rights on it, aren't as the statements need them.
	differs bool
}

// Report is what was found.
type Report struct {
	Target bench.Target `json:"target"`
	// TargetFrom is what chose the target: "--region", "the default".
	TargetFrom string  `json:"target_from"`
	Region     string  `json:"region"`
	Account    string  `json:"account"` // the AWS account's id; empty when not known
	Checks     []Check `json:"checks"`
	// Function is null when it wasn't looked at or isn't there.
	Function *bench.Function `json:"function"`
}

// Options say what a run is going to need.
type Options struct {
	Config bench.Config
	// Architecture is what the function's code was built for: arm64 or x86_64.
	Architecture string
	// Database is what the driver itself connects to; the zero Address leaves it to
	// what the function's environment names, as User.
	Database address.Address
	User     string
	// Profile is the AWS profile; empty leaves it to AWS_PROFILE.
	Profile string
	// Front: the run puts the front before Database.
	Front bool
	// EndpointURL replaces AWS's own Lambda endpoint.
	EndpointURL string
	// The addresses of what observes; empty ones aren't looked at.
	PrometheusURL, JaegerURL, GrafanaURL string
	// TempFolder is where a throwaway database would lie.
	TempFolder string
	// OutFolder is where the results are to be; empty isn't looked at.
	OutFolder string
	Getenv    func(string) string
	// Environ is what os.Environ returns.
	Environ []string
	// Deadline bounds each question; 0 is DefaultDeadline.
	Deadline time.Duration
}

// Failed reports whether a check failed: a run can't work.
func (r *Report) Failed() bool { return r.Err() != nil }

// TableDiffers reports whether a run would be refused because of the table.
func (r *Report) TableDiffers() bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return c.State == Failed && c.differs })
}

// Err is every failed check as a line, each with its cure as a hint; nil when
// none failed.
func (r *Report) Err() error {
	var all []error
	for _, c := range r.Checks {
		if c.State != Failed {
			continue
		}
		err := fmt.Errorf("%s: %s", c.Name, c.Text)
		if c.Cure != "" {
			err = quote.Hint(err, "%s", c.Cure)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// look is a check before it was made; it may come to several things.
type look struct {
	name string
	make func(context.Context) Check
	all  func(context.Context) []Check // in place of make
}

// Run makes all checks that the target asks for at once; those that need what
// another finds wait for it. It answers within 10 s.
func Run(ctx context.Context, o Options) *Report {
	if o.Deadline == 0 {
		o.Deadline = DefaultDeadline
	}
	ctx, cancel := context.WithTimeout(ctx, wholeDeadline)
	defer cancel()
	e := newExam(ctx, o)
	defer e.close()
	looks := slices.Concat(e.looks(), e.backendLooks(), []look{{name: "open files", make: e.checkOpenFiles}})
	if o.OutFolder != "" {
		looks = append(looks, look{name: "results", make: e.checkFolder})
	}
	found := make([][]Check, len(looks))
	var wg sync.WaitGroup
	for i, l := range looks {
		wg.Go(func() {
			if l.all == nil {
				found[i] = []Check{l.make(ctx)}
				return
			}
			found[i] = l.all(ctx)
		})
	}
	wg.Wait()
	var checks []Check
	for i, l := range looks {
		for _, c := range found[i] {
			c.Name = cmp.Or(c.Name, l.name)
			checks = append(checks, c)
		}
	}
	r := &Report{Target: o.Config.Target, TargetFrom: o.Config.TargetFrom(), Region: o.Config.Region, Checks: sayOnce(checks)}
	if o.Config.Target == bench.AWS {
		r.Account, r.Function = e.accountID(), e.benchFunction()
	}
	return r
}

// looks are those of the target.
func (e *exam) looks() []look {
	database := []look{{name: "connection", make: e.checkConnection}, {name: "login", make: e.checkLogin}, {name: "table", all: e.checkTable}}
	budget := look{name: "connect budget", make: e.checkBudget}
	switch {
	case e.o.Config.Target == bench.AWS:
		return slices.Concat([]look{
			{name: "credentials", make: e.checkCredentials},
			{name: "region", make: e.checkRegion},
			{name: "identity", make: e.checkIdentity},
			{name: "function", make: e.checkFunction},
			{name: "architecture", make: e.checkArchitecture},
			{name: "time-out", make: e.checkTimeout},
			{name: "environment", make: e.checkEnvironment},
			{name: "concurrency", make: e.checkConcurrency},
			{name: "cluster", make: e.checkCluster},
		}, database, []look{budget})
	case e.o.EndpointURL != "" && !e.explicit():
		return []look{{name: "endpoint", make: e.checkEndpoint}}
	case e.o.EndpointURL != "":
		return slices.Concat([]look{{name: "endpoint", make: e.checkEndpoint}}, database)
	case e.explicit():
		return slices.Concat(database, []look{{name: "memory", make: e.checkMemory}, budget})
	}
	return []look{{name: "postgresql", make: checkPostgreSQL}, {name: "disk", make: e.checkDisk}, {name: "memory", make: e.checkMemory}, budget}
}

func ok(format string, args ...any) Check {
	return Check{State: OK, Text: fmt.Sprintf(format, args...)}
}

func skipped(format string, args ...any) Check {
	return Check{State: Skipped, Text: fmt.Sprintf(format, args...)}
}

func warning(cure, format string, args ...any) Check {
	return Check{State: Warning, Text: fmt.Sprintf(format, args...), Cure: cure}
}

func failed(cure, format string, args ...any) Check {
	return Check{State: Failed, Text: fmt.Sprintf(format, args...), Cure: cure}
}
