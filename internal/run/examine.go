package run

import (
	"context"
	"os"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/doctor"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/quote"
)

// Examination returns what the doctor has to check before a run.
func Examination(v *setting.Values) (doctor.Options, error) {
	o := doctor.Options{
		Config: v.Config, Architecture: v.Architecture, User: v.DBUser, EndpointURL: v.EndpointURL, Profile: v.Profile,
		PrometheusURL: v.PrometheusURL, JaegerURL: v.JaegerURL, GrafanaURL: v.GrafanaURL,
		TempFolder: os.TempDir(), OutFolder: v.Out, Getenv: os.Getenv, Environ: os.Environ(), Front: putsFront(v),
	}
	var err error
	switch {
	case v.DatabaseURL != "":
		o.Database = address.Address{URL: v.DatabaseURL}
	case v.Cluster != "":
		o.Database, err = ClusterAddress(v, &v.Config)
	}
	return o, err
}

// ClusterAddress returns the address of the cluster that --cluster names in a run of c.
func ClusterAddress(v *setting.Values, c *bench.Config) (address.Address, error) {
	host, _, _ := strings.Cut(v.Cluster, ":")
	region := "" // the name has one; ClusterAddress refuses a --region that contradicts it
	if (address.Address{Host: host}).ClusterRegion() == "" {
		region = c.Region
	}
	a, err := address.ClusterAddress("", v.Cluster, v.DBUser, region, address.ClusterNames{Cluster: v.Named("cluster"), Region: v.Named("region")})
	a.Profile = v.Profile
	return a, err
}

// TooDear returns an error if the plan, repeated --repeat times, costs more than --max-cost.
func TooDear(v *setting.Values, planned bench.Cost) error {
	// A copy: the record keeps the estimate of one run.
	all := *planned.Estimate
	all.TotalUSD *= float64(v.Repeat)
	return cost.Exceeds(all, v.Config.MaxCost, v.Source("max_cost_usd"), planned.StandIn(v.Config.Region))
}

// LimitNote says that --max-cost is compared with prices of another region; empty if it isn't.
func LimitNote(v *setting.Values, planned *bench.Cost) string {
	return cost.LimitNote(v.Config.MaxCost, v.Source("max_cost_usd"), planned.StandIn(v.Config.Region))
}

// Examine does the checks of driver doctor. It returns an error if a run can't work.
func Examine(ctx context.Context, v *setting.Values) (*doctor.Report, error) {
	o, err := Examination(v)
	if err != nil {
		return nil, err
	}
	r := doctor.Run(ctx, o)
	if err := r.Err(); err != nil {
		return nil, quote.Hint(err, "driver doctor with the same flags shows all checks; --skip-checks runs without them")
	}
	return r, nil
}

// OrLocal adds a hint to err, an error of AWS, if the target aws was only inferred: how to
// run on this machine instead.
func OrLocal(v *setting.Values, err error) error {
	if err == nil || !v.Inferred {
		return err
	}
	return quote.Hint(err, "the target is aws because of %s: --target local runs on this machine", v.Config.Origin["target"])
}
