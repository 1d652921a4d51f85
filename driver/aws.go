package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/doctor"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/screen"
)

// forecast prints what a run would do and cost, or with costOnly the latter alone, and
// refuses one that can't work or is too dear.
func (f *flags) forecast(cmd *cobra.Command, c bench.Config, costOnly bool) error {
	prices, err := cost.Read(f.prices)
	if err != nil {
		return usage(fmt.Errorf("%s: %w", named(f.set, "prices"), err))
	}
	fn, unasked, failed := f.askAWS(cmd.Context(), c)
	builtIn := c.Target == bench.Local && f.endpointURL == ""
	removable := builtIn || f.databaseURL != "" || f.cluster != "" || fn != nil && fn.Cluster != ""
	forecast := forecastOf(c, fn, prices, removable)
	forecast.NotLookedUp = unasked
	show := dryRun
	if costOnly {
		show = showCost
	}
	if err := show(cmd.OutOrStdout(), forecast, f.json); err != nil {
		return &exitError{code: exitIncomplete, err: err}
	}
	if f.repeat > 1 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d runs: %d times as much of everything\n", f.repeat, f.repeat)
	}
	return usage(errors.Join(f.orLocal(&c, failed), f.tooDear(c, forecast.Cost)))
}

// askAWS looks at what a run of c needs, where there are credentials to ask with.
// unasked is why nobody was asked; failed is that no run can work.
func (f *flags) askAWS(ctx context.Context, c bench.Config) (fn *bench.Function, unasked string, failed error) {
	switch {
	case c.Target != bench.AWS:
		return nil, "", nil
	case f.skipChecks:
		return nil, named(f.set, "skip-checks"), nil
	case !awsconfig.Evident(f.getenv):
		return nil, "there are no AWS credentials in the environment or the AWS files; driver doctor also asks this machine's role", nil
	}
	r, err := f.examine(ctx, c)
	if err != nil {
		return nil, "a check failed", err
	}
	return r.Function, "", nil
}

// getenv is os.Getenv of the environment that the flags' variables are of.
func (f *flags) getenv(variable string) string {
	value, _ := f.lookup(variable)
	return value
}

// tooDear refuses a plan that, repeated as often as asked, costs more than
// --max-cost.
func (f *flags) tooDear(c bench.Config, planned bench.Cost) error {
	all := *planned.Estimate
	all.TotalUSD *= float64(f.repeat)
	return cost.Exceeds(all, c.MaxCost, sourceOf(&c, "max_cost_usd"), planned.StandIn(c.Region))
}

// limitNote says that --max-cost is judged at another region's prices; empty when
// it isn't, or isn't given.
func limitNote(c *bench.Config, planned *bench.Cost) string {
	standIn := planned.StandIn(c.Region)
	if c.MaxCost == 0 || standIn == "" {
		return ""
	}
	return fmt.Sprintf("%s = %g is judged %s", sourceOf(c, "max_cost_usd"), c.MaxCost, standIn)
}

// examine does what driver doctor does; an error is that no run can work.
func (f *flags) examine(ctx context.Context, c bench.Config) (*doctor.Report, error) {
	o, err := f.examination(c)
	if err != nil {
		return nil, err
	}
	r := doctor.Run(ctx, o)
	if err := r.Err(); err != nil {
		return nil, quote.Hint(err, "driver doctor with the same flags shows all checks; --skip-checks runs without them")
	}
	return r, nil
}

// prepareAWS looks whether the run can work and isn't too dear, and learns of the
// function what the flags didn't say.
func (s *session) prepareAWS(ctx context.Context) error {
	if s.config.Target != bench.AWS {
		return nil
	}
	if !s.flags.skipChecks {
		s.say("checking what the run needs (--skip-checks leaves that out)")
		r, err := s.flags.examine(ctx, s.config)
		if err != nil {
			return s.orLocal(err)
		}
		s.function = r.Function
		for _, c := range r.Checks {
			if c.State == doctor.Warning && c.Name != doctor.Variables { // which openTelemetry tells of
				s.say("warning: %s: %s", c.Name, c.Text)
				s.warn("%s: %s", c.Name, c.Text)
			}
		}
	}
	prices, err := cost.Read(s.flags.prices)
	if err != nil {
		return fmt.Errorf("%s: %w", named(s.flags.set, "prices"), err)
	}
	planned := plannedCost(s.config, s.runID, s.function, prices)
	s.say("estimated cost: %s (%s)", cost.USD(planned.Estimate.TotalUSD), planned.Prices(s.config.Region))
	if note := limitNote(&s.config, &planned); note != "" {
		s.say("note: %s", note)
	}
	if err := s.flags.tooDear(s.config, planned); err != nil {
		return err
	}
	s.record.Cost = &planned
	return s.decideVerify()
}

// cluster is the endpoint that the driver looks at the table of: the flag's, else
// the one that the function writes to.
func (s *session) cluster() string {
	if s.flags.cluster == "" && s.flags.databaseURL == "" && s.function != nil {
		return s.function.Cluster
	}
	return s.flags.cluster
}

// clusterNames are what gave the cluster's address its parts.
func (s *session) clusterNames() addressNames {
	names := addressNames{"the function's cluster", sourceOf(&s.config, "region")}
	if s.flags.cluster != "" {
		names.cluster = named(s.flags.set, "cluster")
	}
	return names
}

// decideVerify turns the look at the table off where nobody says which it is,
// unless somebody asked for it.
func (s *session) decideVerify() error {
	if s.cluster() != "" || s.flags.databaseURL != "" || s.config.Verify == bench.VerifyOff {
		return nil
	}
	if s.config.Origin["verify"] != "" {
		return fmt.Errorf("%s = %s: must be off on AWS when neither --cluster, --database-url nor the function's environment says where to look", sourceOf(&s.config, "verify"), s.config.Verify)
	}
	s.config.Verify = bench.VerifyOff
	return nil
}

// function's time-out bounds the wait for an answer.
func (s *session) functionTimeout() time.Duration {
	if s.function != nil && s.function.TimeoutSeconds > 0 {
		return time.Duration(s.function.TimeoutSeconds * float64(time.Second))
	}
	return 15 * time.Minute // Lambda's longest
}

// measureAWS adds what AWS measured and billed. What it doesn't tell yet, driver
// cloudwatch fetches later.
func (s *session) measureAWS(ctx context.Context) {
	if s.config.Target != bench.AWS {
		return
	}
	prices, err := cost.Read(s.flags.prices)
	if err != nil { // it was read before
		s.warn("prices: %v", err)
		return
	}
	defer func() { s.record.Cost.Actual = cost.Actual(s.record, prices) }()
	if s.flags.cloudWatch == "off" || ctx.Err() != nil {
		return
	}
	m := measurements{profile: s.flags.profile, cluster: s.cluster(), wait: s.flags.cloudWatch == "wait", prices: prices, log: s.log, now: time.Now}
	s.display().enter(screen.Asking, "asking CloudWatch")
	if err := m.fetch(ctx, s.record); err != nil {
		if !errors.Is(err, context.Canceled) {
			s.warn("CloudWatch: %v", err)
		}
		return
	}
	if s.record.CloudWatch.Complete {
		m.send(ctx, s.record)
	} else {
		s.say("CloudWatch's metrics lag: driver cloudwatch %s --wait fetches all of them", quote.Path(s.results.path))
	}
}
