package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/cloudwatch"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/doctor"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/screen"
)

// prepareAWS checks that the run can work and doesn't cost more than --max-cost, and looks up
// the function.
func (s *session) prepareAWS(ctx context.Context) error {
	if s.config.Target != bench.AWS {
		return nil
	}
	if !s.Values.SkipChecks {
		s.say("checking what the run needs (--skip-checks leaves that out)")
		r, err := Examine(ctx, s.Values)
		if err != nil {
			return OrLocal(s.Values, err)
		}
		s.run.Function = r.Function
		for _, c := range r.Checks {
			if c.State == doctor.Warning && c.Name != doctor.Variables { // openTelemetry warns of these
				s.say("warning: %s: %s", c.Name, c.Text)
				s.warn("%s: %s", c.Name, c.Text)
			}
		}
	}
	var err error
	if s.prices, err = cost.Read(s.Values.Prices); err != nil {
		return fmt.Errorf("%s: %w", s.Values.Named("prices"), err)
	}
	// The estimate needs the function's memory, so it comes after the checks. They are skipped by
	// --skip-checks; then memory is assumed.
	planned := cost.Planned(*s.config, s.ID, s.run.Function, s.prices)
	s.say("estimated cost: %s (%s)", cost.USD(planned.Estimate.TotalUSD), planned.Prices(s.config.Region))
	if note := LimitNote(s.Values, &planned); note != "" {
		s.say("note: %s", note)
	}
	if err := TooDear(s.Values, planned); err != nil {
		return err
	}
	s.record.Cost = &planned
	return s.decideVerify()
}

// cluster returns the endpoint of the cluster whose table the driver reads: the flag's,
// else the one that the function writes to; empty if there is neither.
func (s *session) cluster() string {
	if s.Values.Cluster == "" && s.Values.DatabaseURL == "" && s.run.Function != nil {
		return s.run.Function.Cluster
	}
	return s.Values.Cluster
}

// clusterNames returns the sources of the cluster's address, for messages.
func (s *session) clusterNames() address.ClusterNames {
	names := address.ClusterNames{Cluster: "the function's cluster", Region: setting.SourceOf(s.config, "region")}
	if s.Values.Cluster != "" {
		names.Cluster = s.Values.Named("cluster")
	}
	return names
}

// decideVerify turns verification off if no setting and no function names the database.
// It returns an error if the user asked for verification.
func (s *session) decideVerify() error {
	if s.cluster() != "" || s.Values.DatabaseURL != "" || s.config.Verify == bench.VerifyOff {
		return nil
	}
	if s.config.Origin["verify"] != "" {
		return fmt.Errorf("%s = %s: must be off on AWS when neither --cluster, --database-url nor the function's environment says where to look", setting.SourceOf(s.config, "verify"), s.config.Verify)
	}
	s.config.Verify = bench.VerifyOff
	return nil
}

// functionTimeout returns the function's time-out, or the longest possible if it is unknown.
func (s *session) functionTimeout() time.Duration {
	if s.run.Function != nil && s.run.Function.TimeoutSeconds > 0 {
		return time.Duration(s.run.Function.TimeoutSeconds * float64(time.Second))
	}
	return 15 * time.Minute // Lambda's longest
}

// measureAWS adds CloudWatch's metrics and the actual cost to the record. Metrics that
// aren't there yet can be fetched later with driver cloudwatch.
func (s *session) measureAWS(ctx context.Context) {
	if s.config.Target != bench.AWS {
		return
	}
	// The actual cost is computed on every way out: without metrics it is based on the answers alone.
	defer func() { s.record.Cost.Actual = cost.Actual(s.record, s.prices) }()
	if s.Values.CloudWatch == "off" || ctx.Err() != nil {
		return
	}
	// A threshold can only be checked when the metrics are complete.
	wait := s.Values.CloudWatch == "wait" || threshold.OnCloudWatch(s.config.Thresholds)
	m := cloudwatch.Measurement{
		Profile: s.Values.Profile, Cluster: s.cluster(), Wait: wait, Prices: s.prices, Log: s.Display, Now: time.Now, Getenv: os.Getenv,
	}
	s.Display.Enter(screen.Asking, "asking CloudWatch")
	if err := m.Fetch(ctx, s.record); err != nil {
		if !errors.Is(err, context.Canceled) {
			s.warn("CloudWatch: %v", err)
		}
		return
	}
	if s.record.CloudWatch.Complete {
		m.Send(ctx, s.record)
	} else {
		s.say("CloudWatch's metrics lag: driver cloudwatch %s --wait fetches all of them", quote.Path(s.path))
	}
}
