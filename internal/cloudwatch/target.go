package cloudwatch

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
)

// ClusterID returns the id in the name of a cluster's endpoint, ID.dsql.REGION.on.aws, or the id
// itself. It is empty if the name doesn't begin with an id.
func ClusterID(endpoint string) string {
	id, _, _ := strings.Cut(endpoint, ".")
	if !regexp.MustCompile(`^[a-z0-9]{26}$`).MatchString(id) {
		return ""
	}
	return id
}

// Region returns the region in the name of a cluster's endpoint; empty if there is none.
func Region(endpoint string) string {
	parts := strings.Split(endpoint, ".")
	if len(parts) == 5 && strings.HasPrefix(parts[1], "dsql") && parts[3] == "on" && parts[4] == "aws" {
		return parts[2]
	}
	return ""
}

// functionName returns the name in name, name:alias or an ARN.
func functionName(named string) string {
	parts := strings.Split(named, ":")
	if i := slices.Index(parts[:len(parts)-1], "function"); i >= 0 {
		return parts[i+1]
	}
	return parts[0]
}

var errNoWindow = errors.New("the results don't say when the run began and ended")

// Window returns the start and the end of a record's run.
func Window(r *bench.Record) (from, to time.Time, err error) {
	from, to = r.Run.StartedAt, r.Run.EndedAt
	for _, s := range r.Summaries() {
		if s.EndedAt.After(to) {
			to = s.EndedAt
		}
	}
	if from.IsZero() || !to.After(from) {
		return from, to, errNoWindow
	}
	return from, to, nil
}

// period returns the shortest period for which CloudWatch still has points of that age: a minute
// for 15 days, 5 minutes for 63 days, then an hour (reference of GetMetricData).
func period(age time.Duration) time.Duration {
	const day = 24 * time.Hour
	switch {
	case age < 15*day:
		return time.Minute
	case age < 63*day:
		return 5 * time.Minute
	}
	return time.Hour
}
