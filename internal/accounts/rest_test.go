package accounts

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// After another look at the table the accounts are those of that look.
func TestRest(t *testing.T) {
	count := func(n int64) *int64 { return &n }
	full := func(present int64) *bench.Verification {
		return &bench.Verification{Mode: bench.VerifyFull, IDsAsked: 10, AcknowledgedPresent: present, OK: present == 10}
	}
	for _, c := range []struct {
		name         string
		accounts     *bench.Accounts
		verification *bench.Verification
		want         *bench.Accounts
	}{
		{"not observed", nil, full(10), nil},
		{
			"first looked at now", &bench.Accounts{Acknowledged: 10, Spans: count(10), Agree: true, Missing: []string{"database: nothing was looked at", "prometheus: gone"}}, full(10),
			&bench.Accounts{Acknowledged: 10, Database: count(10), Spans: count(10), Agree: true, Missing: []string{"prometheus: gone"}},
		},
		{
			"found now", &bench.Accounts{Acknowledged: 10, Database: count(0), Prometheus: count(9), Problem: "the database has 0 rows, expected 10; Prometheus has 9 rows, expected 10", Missing: []string{}}, full(10),
			&bench.Accounts{Acknowledged: 10, Database: count(10), Prometheus: count(9), Problem: "Prometheus has 9 rows, expected 10", Missing: []string{}},
		},
		{
			"as before", &bench.Accounts{Acknowledged: 10, Database: count(10), Problem: "as an older version said it", Missing: []string{}}, full(10),
			&bench.Accounts{Acknowledged: 10, Database: count(10), Problem: "as an older version said it", Missing: []string{}},
		},
		{
			"nothing found out", &bench.Accounts{Acknowledged: 10, Database: count(10), Agree: true, Missing: []string{}}, nil,
			&bench.Accounts{Acknowledged: 10, Database: count(10), Agree: true, Missing: []string{}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &bench.Record{Accounts: c.accounts, Verification: c.verification}
			Rest(r)
			if diff := cmp.Diff(c.want, r.Accounts); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
