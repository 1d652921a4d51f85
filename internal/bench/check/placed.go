package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// placed returns the first value in the lost and unexpected rows that is impossible for these
// plans, as a *bench.Fault whose Key is its path.
func placed(v *bench.Verification, key string, plans []bench.Plan) error {
	for _, list := range []struct {
		name    string
		rows    []bench.PlacedRow
		most    int64
		allowed []bench.Outcome
	}{
		{"lost_rows", v.LostRows, v.Lost, []bench.Outcome{bench.Acknowledged}},
		{"unexpected_rows", v.UnexpectedRows, bench.Known(v.Unexpected), []bench.Outcome{bench.Failed, bench.NotStarted}},
	} {
		if n, most := int64(len(list.rows)), min(list.most, bench.PlacedKept); n > most {
			return &bench.Fault{Key: key + "." + list.name, Value: fmt.Sprintf("a list of %d", n), Allowed: fmt.Sprintf("%d at most", most)}
		}
		for i := range list.rows {
			if fault := placedRow(&list.rows[i], plans, list.allowed); fault != nil {
				fault.Key = fmt.Sprintf("%s.%s[%d].%s", key, list.name, i, fault.Key)
				return fault
			}
		}
	}
	if bench.Known(v.Unexpected) > v.UnacknowledgedPresent {
		return &bench.Fault{Key: key + ".unexpected", Value: *v.Unexpected, Allowed: fmt.Sprintf("0 to %d, as unacknowledged_present", v.UnacknowledgedPresent)}
	}
	if !isFileName(v.RowsFile) {
		return &bench.Fault{Key: key + ".rows_file", Value: fmt.Sprintf("%.80q", v.RowsFile), Allowed: "the name of a file beside this one"}
	}
	return nil
}

// placedRow returns the first field that no row of the plans can have.
func placedRow(r *bench.PlacedRow, plans []bench.Plan, outcomes []bench.Outcome) *bench.Fault {
	if !isUUID(r.ID) {
		return &bench.Fault{Key: "id", Value: fmt.Sprintf("%.80q", r.ID), Allowed: "a UUID"}
	}
	within := func(key string, n, end int) *bench.Fault {
		if n >= 0 && n < end {
			return nil
		}
		return &bench.Fault{Key: key, Value: n, Allowed: fmt.Sprintf("0 to %d, as planned", end-1)}
	}
	for _, p := range plans {
		if p.Scenario != r.Scenario {
			continue
		}
		for _, fault := range []*bench.Fault{
			within("lambda_index", r.Invocation, p.Load.NumLambdas), within("iteration", r.Iteration, p.Load.Iterations), within("row", r.Row, p.Load.Count),
			known(r, outcomes),
		} {
			if fault != nil {
				return fault
			}
		}
		return nil
	}
	return &bench.Fault{Key: "scenario", Value: fmt.Sprintf("%q", r.Scenario), Allowed: "one that was planned"}
}

// known checks the outcome and the time of the row.
func known(r *bench.PlacedRow, outcomes []bench.Outcome) *bench.Fault {
	switch {
	case !slices.Contains(outcomes, r.Outcome):
		return &bench.Fault{Key: "outcome", Value: fmt.Sprintf("%q", r.Outcome), Allowed: "one of " + bench.Join(outcomes)}
	case (r.At == nil) != (r.TimeOf == ""):
		return &bench.Fault{Key: "at_is", Value: fmt.Sprintf("%q", r.TimeOf), Allowed: "there with at, and absent without it"}
	}
	return nil
}

// isFileName reports whether text is empty or the name of a file without a folder.
func isFileName(text string) bool {
	return !strings.ContainsAny(text, "/\\\x00") && text != "." && text != ".." && len(text) <= 255
}

// isUUID reports whether text is a UUID in lower case.
func isUUID(text string) bool {
	return regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(text)
}
