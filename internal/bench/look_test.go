package bench_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
)

func TestSameDatabase(t *testing.T) {
	const cluster = "abc.dsql.us-east-1.on.aws"
	of := func(cluster, system, name string, oid int64) bench.Database {
		return bench.Database{cluster, system, name, oid}
	}
	for _, c := range []struct {
		name          string
		a, b          bench.Database
		differs, sure bool
	}{
		{"one", of("", "7", "test", 16400), of("", "7", "test", 16400), false, true},
		{"another system", of("", "7", "test", 16400), of("", "8", "test", 16400), true, true},
		{"another database", of("", "7", "test", 16400), of("", "7", "prod", 16400), true, true},
		{"another table", of("", "7", "test", 16400), of("", "7", "test", 16408), true, true},
		{"no table", of("", "7", "test", 16400), of("", "7", "test", 0), false, true},
		{"one doesn't tell its system", of("", "7", "test", 16400), of("", "", "test", 16400), false, false},
		{"one doesn't tell its system, another table", of("", "7", "test", 16400), of("", "", "test", 1), true, false},
		{"one cluster", of(cluster, "", "postgres", 26001), of(cluster, "", "postgres", 26001), false, true},
		{"one cluster by its private name", of(cluster, "", "postgres", 26001), of("ABC.dsql-fnh4.us-east-1.on.aws", "", "postgres", 26001), false, true},
		{"another cluster", of(cluster, "", "postgres", 26001), of("abd.dsql.us-east-1.on.aws", "", "postgres", 26001), true, true},
		{"another region", of(cluster, "", "", 0), of("abc.dsql.us-east-2.on.aws", "", "", 0), true, true},
		{"a cluster and an alias", of(cluster, "", "postgres", 26001), of("db.example.com", "", "postgres", 26001), false, false},
		{"two aliases", of("a.example.com", "", "postgres", 26001), of("b.example.com", "", "postgres", 26001), false, false},
		{"one alias", of("a.example.com", "", "postgres", 26001), of("a.example.com", "", "postgres", 26001), false, true},
		{"a front by two names", of("localhost", "7", "postgres", 16400), of("127.0.0.1", "7", "postgres", 16400), false, true},
		{"a cluster and a PostgreSQL", of(cluster, "", "postgres", 16400), of("", "7", "postgres", 16400), true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			differs, sure := c.a.Same(c.b)
			back, sureBack := c.b.Same(c.a)
			if differs != c.differs || sure != c.sure || back != differs || sureBack != sure {
				t.Errorf("differs %v, sure %v; other way round %v, %v; want %v, %v", differs, sure, back, sureBack, c.differs, c.sure)
			}
		})
	}
}

const plannedRows = 100

// looked is a record of 100 planned rows whose table was looked at as given.
func looked(all ...bench.Verification) *bench.Record {
	c := bench.Defaults()
	c.Scenarios, c.Individual = []bench.Scenario{bench.Individual}, bench.Load{NumLambdas: 10, Iterations: 10, Count: 1}
	r := &bench.Record{Run: bench.Run{Status: bench.Complete, Config: c, EndedAt: time.Unix(0, 0)}}
	for i, v := range all {
		r.AddLook(bench.Look{At: time.Unix(int64(i), 0), Host: "h", Verification: v})
	}
	return r
}

func TestStands(t *testing.T) {
	full := func(ok bool, present int64) bench.Verification {
		return bench.Verification{Mode: bench.VerifyFull, OK: ok, IDsAsked: plannedRows, Present: present, AcknowledgedPresent: present, Problem: problemUnless(ok)}
	}
	count := func(ok bool, present int64) bench.Verification {
		return bench.Verification{Mode: bench.VerifyCount, OK: ok, IDsAsked: plannedRows, Present: present, Problem: problemUnless(ok)}
	}
	half := bench.Verification{Mode: bench.VerifyFull, IDsAsked: 50, Present: 50, Problem: "broken off"}
	none := bench.Verification{Mode: bench.VerifyFull, Problem: "nobody could be asked"}
	off := bench.Verification{Mode: bench.VerifyOff, OK: true}
	rows := int64(5)
	table := bench.Verification{Mode: bench.VerifyCount, OK: true, RowsBefore: new(int64), RowsAfter: &rows}
	for _, c := range []struct {
		name   string
		all    []bench.Verification
		stands int // -1 is none
		poorer int
	}{
		{"none", nil, -1, 0},
		{"off", []bench.Verification{off}, -1, 0},
		{"off, then full", []bench.Verification{off, full(false, 0)}, 0, 0},
		{"one", []bench.Verification{full(false, 90)}, 0, 0},
		{"the first of two alike", []bench.Verification{full(true, 100), full(true, 100)}, 0, 0},
		{"found, then lost", []bench.Verification{full(true, 100), full(false, 0)}, 0, 1},
		{"lost, then found", []bench.Verification{full(false, 0), full(true, 100)}, 1, 1},
		{"lost, then fewer lost", []bench.Verification{full(false, 0), full(false, 60)}, 1, 0},
		{"more found that nobody acknowledged", []bench.Verification{full(true, 90), full(true, 95)}, 1, 0},
		{"full over count", []bench.Verification{count(true, 90), full(false, 80)}, 1, 0},
		{"full over a count of all", []bench.Verification{count(true, 100), full(true, 100)}, 1, 0},
		{"a count that found every planned id", []bench.Verification{count(true, 100), full(false, 0)}, 0, 1},
		{"full over a count afterwards", []bench.Verification{full(true, 90), count(true, 90)}, 0, 0},
		{"whole over half", []bench.Verification{half, count(true, 90)}, 1, 1},
		{"half over none", []bench.Verification{none, half}, 0, 0},
		{"all rows of the table", []bench.Verification{table}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := looked(c.all...)
			got := -1
			if s := r.Stands(); s != nil {
				got = slices.IndexFunc(r.Looks, func(l bench.Look) bool { return l.At.Equal(s.At) })
				if r.Verification == nil || r.Verification.Present != s.Verification.Present || r.Verification.Mode != s.Verification.Mode {
					t.Errorf("verification %+v isn't the look that stands, %+v", r.Verification, s)
				}
			} else if len(c.all) > 0 && r.Verification.Mode != c.all[0].Mode {
				t.Errorf("verification %+v", r.Verification)
			}
			if got != c.stands || len(r.Poorer()) != c.poorer {
				t.Errorf("look %d stands, want %d; %d found less, want %d", got, c.stands, len(r.Poorer()), c.poorer)
			}
			note := slices.ContainsFunc(judge.Record(r).Reasons, func(r bench.Reason) bool { return r.Code == "found_less" && r.Severity == bench.Note })
			if note != (c.poorer > 0) {
				t.Errorf("noted %v: %+v", note, judge.Record(r).Reasons)
			}
		})
	}
}

func problemUnless(ok bool) string {
	if ok {
		return ""
	}
	return "rows are missing"
}

// The only look of a file of before there was a list is the first of the list.
func TestLookOfOlderFile(t *testing.T) {
	r := looked()
	r.Verification = &bench.Verification{Mode: bench.VerifyFull, OK: true, IDsAsked: plannedRows, Present: plannedRows}
	r.AddLook(bench.Look{At: time.Unix(9, 0), Verification: bench.Verification{Mode: bench.VerifyFull, IDsAsked: plannedRows, Lost: plannedRows, Problem: "lost"}})
	if len(r.Looks) != 2 || !r.Looks[0].At.Equal(r.Run.EndedAt) || !r.Verification.OK || len(r.Poorer()) != 1 {
		t.Errorf("%+v, verification %+v", r.Looks, r.Verification)
	}
}

func TestWrittenTo(t *testing.T) {
	right, wrong := bench.Database{System: "1", Name: "right"}, bench.Database{System: "2", Name: "wrong"}
	found := func(d bench.Database) bench.Look {
		return bench.Look{Database: &d, Verification: bench.Verification{Mode: bench.VerifyFull, OK: true, IDsAsked: plannedRows, Present: plannedRows}}
	}
	lost := func(d bench.Database) bench.Look {
		return bench.Look{Database: &d, Verification: bench.Verification{Mode: bench.VerifyFull, IDsAsked: plannedRows, Lost: plannedRows}}
	}
	function := &bench.Function{Cluster: "abc.dsql.us-east-1.on.aws"}
	for _, c := range []struct {
		name     string
		run      *bench.Database
		function *bench.Function
		local    bool
		looks    []bench.Look
		want     string
	}{
		{"nothing known", nil, nil, false, nil, ""},
		{"the driver's", &right, nil, false, []bench.Look{found(right)}, right.String()},
		{"without a look", &right, nil, false, nil, right.String()},
		{"the function's cluster", nil, function, false, nil, "cluster " + function.Cluster},
		{"the function's cluster over another", &wrong, function, false, []bench.Look{lost(wrong)}, "cluster " + function.Cluster},
		{"the driver found nothing where it looked", &wrong, nil, false, []bench.Look{lost(wrong)}, ""},
		{"found elsewhere afterwards", &wrong, nil, false, []bench.Look{lost(wrong), found(right)}, right.String()},
		{"first looked at afterwards", nil, nil, false, []bench.Look{lost(wrong), found(right), lost(wrong)}, right.String()},
		{"local: the function has no other", &right, nil, true, []bench.Look{lost(right)}, right.String()},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := looked()
			r.Run.Database, r.Run.Function, r.Looks = c.run, c.function, c.looks
			if c.local {
				r.Run.LocalTarget = &bench.LocalTarget{}
			}
			got := ""
			if d, ok := r.WrittenTo(); ok {
				got = d.String()
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// The note of the looks that found less counts the others.
func TestOthersFoundLess(t *testing.T) {
	for others, want := range []string{" found less than", ", and 1 other, found less than", ", and 2 others, found less than"} {
		all := []bench.Verification{{Mode: bench.VerifyFull, OK: true, IDsAsked: plannedRows, Present: plannedRows}}
		for range others + 1 {
			all = append(all, bench.Verification{Mode: bench.VerifyFull, IDsAsked: plannedRows, Problem: "rows are missing"})
		}
		if r := looked(all...); !slices.ContainsFunc(judge.Record(r).Reasons, func(r bench.Reason) bool { return strings.Contains(r.Text, "from h"+want) }) {
			t.Errorf("%d others: %+v", others, judge.Record(r).Reasons)
		}
	}
}

// Of several cleanups the one is quoted that tells most.
func TestCleanedUpTold(t *testing.T) {
	ended, more := bench.Cleanup{Removed: 60}, bench.Cleanup{Removed: 20}
	nothing, stopped, unsure := bench.Cleanup{}, bench.Cleanup{Removed: 40, Problem: "cut"}, bench.Cleanup{Unsure: true, Problem: "cut"}
	for _, c := range []struct {
		name string
		all  []bench.Cleanup
		want int // -1 is none
	}{
		{"broken off, then finished", []bench.Cleanup{unsure, more}, 1},
		{"stopped, then finished", []bench.Cleanup{stopped, more}, 1},
		{"finished, then nothing was left", []bench.Cleanup{ended, nothing}, 0},
		{"finished, then broken off", []bench.Cleanup{ended, unsure}, 0},
		{"broken off twice", []bench.Cleanup{unsure, stopped}, 1},
		{"broken off, then nothing was left", []bench.Cleanup{unsure, nothing}, 0},
		{"finished twice", []bench.Cleanup{ended, more}, 1},
		{"nothing was there", []bench.Cleanup{nothing}, -1},
	} {
		r := bench.Record{Cleanups: c.all}
		got := slices.IndexFunc(r.Cleanups, func(of bench.Cleanup) bool { return r.CleanedUp() != nil && of == *r.CleanedUp() })
		if got != c.want {
			t.Errorf("%s: %d is quoted, want %d", c.name, got, c.want)
		}
	}
}

func TestCleanups(t *testing.T) {
	at := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		cleanup bench.Cleanup
		emptied bool
		want    string
	}{
		{"whole", bench.Cleanup{At: at, Host: "desk", Planned: 60, Removed: 60, WarmUpRemoved: 2}, true, "at 2026-11-30 10:00:00 UTC from desk removed 60 of 60 planned rows, and 2 of the warm-up"},
		{"nothing was there", bench.Cleanup{At: at, Planned: 60}, false, "at 2026-11-30 10:00:00 UTC removed 0 of 60 planned rows"},
		{"the warm-up's alone", bench.Cleanup{At: at, Planned: 60, WarmUpRemoved: 2}, false, "removed 0 of 60 planned rows, and 2 of the warm-up"},
		{"refused", bench.Cleanup{At: at, Planned: 60, Problem: "no right"}, false, "removed 0 of 60 planned rows; it was cut short: no right"},
		{"unsure", bench.Cleanup{At: at, Planned: 60, Unsure: true, Problem: "cut"}, true, "removed 0 of 60 planned rows; it was cut short, and more may be gone: cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := looked()
			r.Cleanups = []bench.Cleanup{c.cleanup}
			note := slices.ContainsFunc(judge.Record(r).Reasons, func(r bench.Reason) bool { return r.Code == "cleaned_up" })
			if (r.CleanedUp() != nil) != c.emptied || note != c.emptied || !strings.HasSuffix(c.cleanup.String(), c.want) {
				t.Errorf("emptied %v, noted %v, want %v: %s", r.CleanedUp() != nil, note, c.emptied, c.cleanup)
			}
		})
	}
}
