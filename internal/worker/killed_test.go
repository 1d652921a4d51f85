package worker_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// The connection is killed under the first statement; the others have a new one.
func TestConnectionKilled(t *testing.T) { eachForm(t, testConnectionKilled) }

func testConnectionKilled(t *testing.T, form bench.Form) {
	f := start(t)
	f.Do("CREATE TABLE slow(); INSERT INTO slow DEFAULT VALUES")
	f.beforeInsert("IF EXISTS (SELECT FROM slow) THEN PERFORM pg_sleep(30); END IF;")
	inv := withoutRetries(by(form, invocation(bench.Batch, 5, 1)))
	type end struct {
		r   bench.Response
		err error
	}
	ended := make(chan end, 1)
	go func() {
		r, err := f.try(context.Background(), inv)
		ended <- end{r, err}
	}()
	pid := f.SlowInsert()
	f.Do("DELETE FROM slow")
	f.Do(fmt.Sprintf("SELECT pg_terminate_backend(%d)", pid))
	var e end
	select {
	case e = <-ended:
	case <-time.After(patience):
		t.Fatal("the invocation hangs")
	}
	if e.err != nil {
		t.Fatal(e.err)
	}
	if want := (bench.Account{Planned: 5, Acknowledged: 4, Failed: 1}); *e.r.Statements != want || f.rows() != 4 {
		t.Errorf("statements %+v, %d rows, want %+v and 4", *e.r.Statements, f.rows(), want)
	}
	if len(e.r.Errors) != 1 || e.r.Errors[0].Kind != "57P01" {
		t.Errorf("errors %+v, want one 57P01", e.r.Errors)
	}
	if diff := cmp.Diff(bench.Ranges{{0, 1}}, e.r.Failed); diff != "" {
		t.Error(diff)
	}
}
