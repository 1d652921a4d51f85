package worker_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

func TestTableMissing(t *testing.T) { eachForm(t, testTableMissing) }

func testTableMissing(t *testing.T, form bench.Form) {
	f := startWithoutTable(t)
	r := f.invoke(context.Background(), by(form, invocation(bench.Batch, 6, 10)))
	if want := (bench.Account{Planned: 6, Failed: 6}); *r.Statements != want {
		t.Errorf("statements %+v, want %+v", *r.Statements, want)
	}
	want := []bench.ErrorCount{{Kind: "42P01", Message: `relation "car_entities_schema.business_events" does not exist`, Statements: 6, Rows: 60}}
	if diff := cmp.Diff(want, r.Errors); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(bench.Ranges{{0, 6}}, r.Failed); diff != "" {
		t.Error(diff)
	}
	if r.Attempts != 6 || r.Truncated {
		t.Errorf("%d attempts, truncated %v", r.Attempts, r.Truncated)
	}
}

// The loop goes on after an error.
func TestSomeFail(t *testing.T) { eachForm(t, testSomeFail) }

func testSomeFail(t *testing.T, form bench.Form) {
	f := start(t)
	f.Do("CREATE SEQUENCE nth")
	f.beforeInsert("IF nextval('nth') IN (2, 3, 6) THEN RAISE 'not this one' USING ERRCODE = '40001'; END IF;")
	r := f.invoke(context.Background(), withoutRetries(by(form, invocation(bench.Individual, 8, 1))))
	if diff := cmp.Diff([4]int64{5, 3, 8, 5}, counts(r)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(bench.Ranges{{1, 3}, {5, 6}}, r.Failed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]bench.ErrorCount{{Kind: "40001", Message: "not this one", Statements: 3, Rows: 3}}, r.Errors); diff != "" {
		t.Error(diff)
	}
	var failed []int
	for _, s := range r.Slowest {
		if s.Outcome == bench.Failed && s.Error == "40001" {
			failed = append(failed, s.Iteration)
		}
	}
	slices.Sort(failed)
	if diff := cmp.Diff([]int{1, 2, 5}, failed); diff != "" {
		t.Errorf("failed among the slowest: %s", diff)
	}
	if got := f.rows(); got != 5 {
		t.Errorf("%d rows in the table, want 5", got)
	}
}

// A conflict is tried again, what can't succeed isn't.
func TestRetry(t *testing.T) { eachForm(t, testRetry) }

func testRetry(t *testing.T, form bench.Form) {
	f := start(t)
	f.Do("CREATE SEQUENCE nth")
	f.beforeInsert("CASE nextval('nth') WHEN 2, 3, 6 THEN RAISE 'conflict' USING ERRCODE = '40001';" +
		" WHEN 8 THEN RAISE 'too large' USING ERRCODE = '54000'; ELSE NULL; END CASE;")
	r := f.invoke(context.Background(), by(form, invocation(bench.Individual, 8, 1)))
	if diff := cmp.Diff(&bench.Account{Planned: 8, Acknowledged: 7, Failed: 1}, r.Statements); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int64{"40001": 3}, r.Retried); diff != "" || r.Attempts != 11 {
		t.Errorf("%d attempts, want 11; retried %s", r.Attempts, diff)
	}
	if diff := cmp.Diff([]bench.ErrorCount{{Kind: "54000", Message: "too large", Statements: 1, Rows: 1}}, r.Errors); diff != "" {
		t.Error(diff)
	}
	if got := f.rows(); got != 7 {
		t.Errorf("%d rows in the table, want 7", got)
	}
}
