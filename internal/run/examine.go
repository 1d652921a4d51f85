package run

import (
	"context"
	"os"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/doctor"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/quote"
)

// Examination is what the doctor looks at before a run.
func Examination(v *setting.Values) (doctor.Options, error) {
	o := doctor.Options{
		Config: v.Config, Architecture: v.Architecture, User: v.DBUser, EndpointURL: v.EndpointURL, Profile: v.Profile,
		PrometheusURL: v.PrometheusURL, JaegerURL: v.JaegerURL, GrafanaURL: v.GrafanaURL,
		TempFolder: os.TempDir(), OutFolder: v.Out, Getenv: os.Getenv, Environ: os.Environ(), Front: putsFront(v),
	}
	var err error
	switch {
	case v.DatabaseURL != "":
		o.Database = dsql.Address{URL: v.DatabaseURL}
	case v.Cluster != "":
		o.Database, err = ClusterAddress(v, &v.Config)
	}
	return o, err
}

// ClusterAddress is what --cluster names in a run of c.
func ClusterAddress(v *setting.Values, c *bench.Config) (dsql.Address, error) {
	host, _, _ := strings.Cut(v.Cluster, ":")
	region := "" // as the name says, so that another --region is told of
	if (dsql.Address{Host: host}).ClusterRegion() == "" {
		region = c.Region
	}
	a, err := dsql.ClusterAddress("", v.Cluster, v.DBUser, region, dsql.ClusterNames{Cluster: v.Named("cluster"), Region: v.Named("region")})
	a.Profile = v.Profile
	return a, err
}

// TooDear refuses a plan that, repeated as often as asked, costs more than
// --max-cost.
func TooDear(v *setting.Values, planned bench.Cost) error {
	all := *planned.Estimate
	all.TotalUSD *= float64(v.Repeat)
	return cost.Exceeds(all, v.Config.MaxCost, v.Source("max_cost_usd"), planned.StandIn(v.Config.Region))
}

// LimitNote says that --max-cost is judged at another region's prices, if it is.
func LimitNote(v *setting.Values, planned *bench.Cost) string {
	return cost.LimitNote(v.Config.MaxCost, v.Source("max_cost_usd"), planned.StandIn(v.Config.Region))
}

// Examine does what driver doctor does; an error is that no run can work.
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

// OrLocal adds to an error of AWS's how a run stays on this machine, where nobody
// asked for AWS in so many words.
func OrLocal(v *setting.Values, err error) error {
	if err == nil || !v.Inferred {
		return err
	}
	return quote.Hint(err, "the target is aws because of %s: --target local runs on this machine", v.Config.Origin["target"])
}
