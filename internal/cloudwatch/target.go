package cloudwatch

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
)

// ClusterID is the id in the name of a cluster's endpoint, ID.dsql.REGION.on.aws;
// empty when the name doesn't begin with one. An id by itself is answered too.
func ClusterID(endpoint string) string {
	id, _, _ := strings.Cut(endpoint, ".")
	if !regexp.MustCompile(`^[a-z0-9]{26}$`).MatchString(id) {
		return ""
	}
	return id
}

// Region is that in the name of a cluster's endpoint; empty when there is none.
func Region(endpoint string) string {
	parts := strings.Split(endpoint, ".")
	if len(parts) == 5 && strings.HasPrefix(parts[1], "dsql") && parts[3] == "on" && parts[4] == "aws" {
		return parts[2]
	}
	return ""
}

// functionName is a function's without account, region and version, of whatever
// names it: name, name:alias or ARN.
func functionName(named string) string {
	parts := strings.Split(named, ":")
	for i, part := range parts[:len(parts)-1] {
		if part == "function" {
			return parts[i+1]
		}
	}
	return parts[0]
}

var errNoWindow = errors.New("the results don't say when the run began and ended")

// Window is the time in which a record's run was at work.
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

// period is how fine CloudWatch still has points that were measured so long ago
// (GetMetricData's reference): a minute for 15 days, 5 minutes for 63 days, then
// an hour.
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
