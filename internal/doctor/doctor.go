// Package doctor checks before a run whether it can work: credentials, function, quotas,
// cluster, table, this machine, collector and backends. It invokes nothing, leaves nothing
// behind and ends within seconds even if nothing answers.
//
// Read doctor.go first (Run and its list of checks), then exam.go, which asks each question
// once for all checks. The checks are in the other files, by subject; explain.go turns errors
// of AWS and of the network into checks.
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
	// defaultDeadline bounds each question that is asked over a network.
	defaultDeadline = 5 * time.Second
	// wholeDeadline bounds all questions together, including the ones that wait for others.
	wholeDeadline = 9 * time.Second
)

// State is the result of a check.
type State string

// The states.
const (
	OK      State = "ok"
	Warning State = "warning" // a run can start, but maybe not as wanted
	Failed  State = "failed"  // a run can't work
	Skipped State = "skipped" // not checked; Text has the reason
)

// Check is the result of one check.
type Check struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	Text  string `json:"text"` // the finding, with numbers; never a secret
	Cure  string `json:"cure"` // the command or action that helps; empty if none is needed

	cause cause
	// differs: the table or a user's rights on it aren't as the statements need them.
	differs bool
}

// Report is the result of all checks.
type Report struct {
	Target bench.Target `json:"target"`
	// TargetFrom says what chose the target: "--region", "the default".
	TargetFrom string  `json:"target_from"`
	Region     string  `json:"region"`
	Account    string  `json:"account"` // the AWS account's id; empty if not known
	Checks     []Check `json:"checks"`
	// Function is null if it wasn't found or isn't needed.
	Function *bench.Function `json:"function"`
}

// Options describe the run that is checked.
type Options struct {
	Config bench.Config
	// Architecture is the one that the function's code was built for: arm64 or x86_64.
	Architecture string
	// Database is the one that the driver itself connects to. The zero Address stands for
	// the database in the function's environment, as User.
	Database address.Address
	User     string
	// Profile is the AWS profile; empty stands for AWS_PROFILE.
	Profile string
	// Front: the run puts the front before Database.
	Front bool
	// EndpointURL replaces AWS's own Lambda endpoint.
	EndpointURL string
	// The addresses of the backends; empty ones aren't checked.
	PrometheusURL, JaegerURL, GrafanaURL string
	// TempFolder is the folder for a throwaway database.
	TempFolder string
	// OutFolder is the folder for the results; an empty one isn't checked.
	OutFolder string
	Getenv    func(string) string
	// Environ has the format of os.Environ.
	Environ []string
	// Deadline bounds each question; 0 stands for 5 s.
	Deadline time.Duration
}

// Failed reports whether a check failed, so that a run can't work.
func (r *Report) Failed() bool { return r.Err() != nil }

// TableDiffers reports whether a run would be refused because of the table.
func (r *Report) TableDiffers() bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return c.State == Failed && c.differs })
}

// Err returns every failed check as an error with its cure as a hint; nil if none failed.
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

// look is a check that is to be made.
type look struct {
	name string
	make func(context.Context) Check
	all  func(context.Context) []Check // instead of make, if there may be several results
}

// Run makes all checks for the target concurrently. A check that needs the result of another
// one waits for it. Run returns within 10 s.
func Run(ctx context.Context, o Options) *Report {
	if o.Deadline == 0 {
		o.Deadline = defaultDeadline
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
			if l.all != nil {
				found[i] = l.all(ctx)
			} else {
				found[i] = []Check{l.make(ctx)}
			}
			for n := range found[i] {
				found[i][n].Name = cmp.Or(found[i][n].Name, l.name)
			}
		})
	}
	wg.Wait()
	r := &Report{Target: o.Config.Target, TargetFrom: o.Config.TargetFrom(), Region: o.Config.Region, Checks: sayOnce(slices.Concat(found...))}
	if o.Config.Target == bench.AWS {
		_, r.Account = e.caller()
		r.Function = e.benchFunction()
	}
	return r
}

// looks returns the checks of the target.
func (e *exam) looks() []look {
	database := []look{{name: "connection", make: e.checkConnection}, {name: "login", make: e.checkLogin}, {name: "table", all: e.checkTable}}
	budget := look{name: "connect budget", make: e.checkBudget}
	endpoint := look{name: "endpoint", make: e.checkEndpoint}
	memory := look{name: "memory", make: e.checkMemory}
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
		return []look{endpoint}
	case e.o.EndpointURL != "":
		return append([]look{endpoint}, database...)
	case e.explicit():
		return append(database, memory, budget)
	}
	return []look{{name: "postgresql", make: checkPostgreSQL}, {name: "disk", make: e.checkDisk}, memory, budget}
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
