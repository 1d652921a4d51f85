package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/event"
	"dsql-load-test/internal/report"
)

// ran is a run of 4 invocations of 3 batches of 5 rows that is over; it returns the
// path of its results.
func ran(t *testing.T, socket, status string, more ...string) string {
	t.Helper()
	p := startRun(t, append([]string{
		"--database-url", "postgres:///postgres?user=postgres&host=" + socket, "--front", "off", "--telemetry", "off", "--no-html",
		"--scenario", "2", "--num-lambdas", "4", "--iterations", "3", "--count", "5", "--event-type", "LoanCreated",
	}, more...)...)
	<-p.ended
	found, err := filepath.Glob(filepath.Join(p.out, "results_*.json"))
	if err != nil || len(found) != 1 {
		t.Fatalf("results %q, %v", found, err)
	}
	if r, err := readRecord(found[0]); err != nil || string(r.Run.Status) != status {
		t.Fatalf("%+v, %v", r, err)
	}
	return found[0]
}

// verified is what driver verify prints of the results.
func verified(t *testing.T, results, socket string) string {
	t.Helper()
	out, _ := exec.Command(driverPath(t), "verify", results, "--database-url", "postgres:///postgres?user=postgres&host="+socket).Output() // its code is that of a loss
	return string(out)
}

// saysLine wants a line that begins with the pattern.
func saysLine(t *testing.T, out, pattern string) {
	t.Helper()
	if !regexp.MustCompile(`(?m)^ *` + pattern).MatchString(out) {
		t.Errorf("no line %s in\n%s", pattern, out)
	}
}

// The journal of a run that isn't complete tells the place, time and environment of
// what is lost, and of what is there although its statement failed.
func TestUnexpectedRows(t *testing.T) {
	socket := startDatabase(t)
	database := "postgres:///postgres?user=postgres&host=" + socket
	if out, err := exec.Command(driverPath(t), "schema", "--apply", "--database-url", database).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := execute(socket, "postgres", `CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no' USING ERRCODE = '22000'; END$$;
		CREATE TRIGGER no BEFORE INSERT ON car_entities_schema.business_events FOR EACH ROW WHEN (NEW.event_data ~ '"carId": "CAR-2-') EXECUTE FUNCTION no()`); err != nil {
		t.Fatal(err)
	}
	results := ran(t, socket, "incomplete", "--skip-checks")
	r, err := readRecord(results)
	if err != nil {
		t.Fatal(err)
	}
	inv, ids := r.Run.Config.Plans(r.Run.ID)[0], event.NewIDs(r.Run.ID)
	var there, gone []string
	for k := range 5 {
		there = append(there, fmt.Sprintf("('%s', 'x', '')", ids.At(event.At(inv.Invocation(2), 1, k))))
		gone = append(gone, "'"+ids.At(event.At(inv.Invocation(3), 0, k))+"'")
	}
	if err := execute(socket, "postgres", `DROP TRIGGER no ON car_entities_schema.business_events;
		INSERT INTO car_entities_schema.business_events (id, event_name, event_data) VALUES `+strings.Join(there, ", ")+`;
		DELETE FROM car_entities_schema.business_events WHERE id IN (`+strings.Join(gone, ", ")+`)`); err != nil {
		t.Fatal(err)
	}
	out := verified(t, results, socket)
	const known = `statement ended [-0-9]+ [0-9:]+ UTC, environment env-[0-9]+$`
	saysLine(t, out, `PROBLEM: 5 acknowledged rows are not in the table \(batch: 1 whole statement, all in invocation 3, ended [0-9:]+ UTC, environment env-[0-9]+\)$`)
	saysLine(t, out, `5 of those present are of statements that failed or were not started \(batch: 1 whole statement, all in invocation 2, ended [0-9:]+ UTC, environment env-[0-9]+\)$`)
	saysLine(t, out, `lost: `+strings.Trim(gone[4], "'")+`  batch, invocation 3, iteration 0, row 4, `+known)
	saysLine(t, out, `failed, but in the table: [0-9a-f-]+  batch, invocation 2, iteration 1, row 0, `+known)
	r, err = readRecord(results)
	if err != nil || len(r.Looks) != 2 || r.Verification.Lost != 0 { // the run's own look stands
		t.Fatalf("%+v, %v", r.Verification, err)
	}
	later := r.Looks[1].Verification
	if bench.Known(later.Unexpected) != 5 || len(later.UnexpectedRows) != 5 || len(later.LostRows) != 5 {
		t.Fatalf("%+v", later)
	}
	if list := read(t, filepath.Join(filepath.Dir(results), later.RowsFile)); strings.Count(list, "\n") != 11 || strings.Count(list, "\nunexpected,") != 5 {
		t.Errorf("listed:\n%s", list)
	}
}

// Of a complete run nothing is left of single invocations but its sample and its
// slowest statements; what those don't tell is unknown.
func TestLostRowsOfACompleteRun(t *testing.T) {
	socket := startDatabase(t)
	if out, err := exec.Command(driverPath(t), "schema", "--apply", "--database-url", "postgres:///postgres?user=postgres&host="+socket).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	results := ran(t, socket, "complete")
	if err := execute(socket, "postgres", "DELETE FROM car_entities_schema.business_events"); err != nil {
		t.Fatal(err)
	}
	keep := func(change func(*bench.Summary)) {
		r, err := readRecord(results)
		if err != nil {
			t.Fatal(err)
		}
		change(r.Scenario2)
		if err := report.Rewrite(results, r); err != nil {
			t.Fatal(err)
		}
	}
	const first = `lost: [0-9a-f-]+  batch, invocation 0, iteration 0, row 0, `
	saysLine(t, verified(t, results, socket), first+`statement ended [-0-9]+ [0-9:]+ UTC, environment env-[0-9]+$`)
	keep(func(s *bench.Summary) { s.Slowest = []bench.Statement{} })
	saysLine(t, verified(t, results, socket), first+`invocation sent [-0-9]+ [0-9:]+ UTC, environment env-[0-9]+$`)
	keep(func(s *bench.Summary) { s.Sample = []bench.InvocationSample{} })
	out := verified(t, results, socket)
	saysLine(t, out, first+`time unknown, environment unknown$`)
	saysLine(t, out, `PROBLEM: 60 acknowledged rows are not in the table \(batch: 12 whole statements, all in invocations 0-3\)$`)
}
