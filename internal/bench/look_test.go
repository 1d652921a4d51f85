package bench

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSameDatabase(t *testing.T) {
	const cluster = "abc.dsql.us-east-1.on.aws"
	of := func(cluster, system, name string, oid int64) Database { return Database{cluster, system, name, oid} }
	for _, c := range []struct {
		name          string
		a, b          Database
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
func looked(all ...Verification) *Record {
	c := Defaults()
	c.Scenarios, c.Individual = []Scenario{Individual}, Load{NumLambdas: 10, Iterations: 10, Count: 1}
	r := &Record{Run: Run{Status: Complete, Config: c, EndedAt: time.Unix(0, 0)}}
	for i, v := range all {
		r.AddLook(Look{At: time.Unix(int64(i), 0), Host: "h", Verification: v})
	}
	return r
}

func TestStands(t *testing.T) {
	full := func(ok bool, present int64) Verification {
		return Verification{Mode: VerifyFull, OK: ok, IDsAsked: plannedRows, Present: present, AcknowledgedPresent: present, Problem: problemUnless(ok)}
	}
	count := func(ok bool, present int64) Verification {
		return Verification{Mode: VerifyCount, OK: ok, IDsAsked: plannedRows, Present: present, Problem: problemUnless(ok)}
	}
	half := Verification{Mode: VerifyFull, IDsAsked: 50, Present: 50, Problem: "broken off"}
	none := Verification{Mode: VerifyFull, Problem: "nobody could be asked"}
	off := Verification{Mode: VerifyOff, OK: true}
	rows := int64(5)
	table := Verification{Mode: VerifyCount, OK: true, RowsBefore: new(int64), RowsAfter: &rows}
	for _, c := range []struct {
		name   string
		all    []Verification
		stands int // -1 is none
		poorer int
	}{
		{"none", nil, -1, 0},
		{"off", []Verification{off}, -1, 0},
		{"off, then full", []Verification{off, full(false, 0)}, 0, 0},
		{"one", []Verification{full(false, 90)}, 0, 0},
		{"the first of two alike", []Verification{full(true, 100), full(true, 100)}, 0, 0},
		{"found, then lost", []Verification{full(true, 100), full(false, 0)}, 0, 1},
		{"lost, then found", []Verification{full(false, 0), full(true, 100)}, 1, 1},
		{"lost, then fewer lost", []Verification{full(false, 0), full(false, 60)}, 1, 0},
		{"more found that nobody acknowledged", []Verification{full(true, 90), full(true, 95)}, 1, 0},
		{"full over count", []Verification{count(true, 90), full(false, 80)}, 1, 0},
		{"full over a count of all", []Verification{count(true, 100), full(true, 100)}, 1, 0},
		{"a count that found every planned id", []Verification{count(true, 100), full(false, 0)}, 0, 1},
		{"full over a count afterwards", []Verification{full(true, 90), count(true, 90)}, 0, 0},
		{"whole over half", []Verification{half, count(true, 90)}, 1, 1},
		{"half over none", []Verification{none, half}, 0, 0},
		{"all rows of the table", []Verification{table}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := looked(c.all...)
			got := -1
			if s := r.Stands(); s != nil {
				got = slices.IndexFunc(r.Looks, func(l Look) bool { return l.At.Equal(s.At) })
				if r.Verification == nil || r.Verification.Present != s.Verification.Present || r.Verification.Mode != s.Verification.Mode {
					t.Errorf("verification %+v isn't the look that stands, %+v", r.Verification, s)
				}
			} else if len(c.all) > 0 && r.Verification.Mode != c.all[0].Mode {
				t.Errorf("verification %+v", r.Verification)
			}
			if got != c.stands || len(r.Poorer()) != c.poorer {
				t.Errorf("look %d stands, want %d; %d found less, want %d", got, c.stands, len(r.Poorer()), c.poorer)
			}
			note := slices.ContainsFunc(r.Judge().Reasons, func(r Reason) bool { return r.Code == "found_less" && r.Severity == Note })
			if note != (c.poorer > 0) {
				t.Errorf("noted %v: %+v", note, r.Judge().Reasons)
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
	r.Verification = &Verification{Mode: VerifyFull, OK: true, IDsAsked: plannedRows, Present: plannedRows}
	r.AddLook(Look{At: time.Unix(9, 0), Verification: Verification{Mode: VerifyFull, IDsAsked: plannedRows, Lost: plannedRows, Problem: "lost"}})
	if len(r.Looks) != 2 || !r.Looks[0].At.Equal(r.Run.EndedAt) || !r.Verification.OK || len(r.Poorer()) != 1 {
		t.Errorf("%+v, verification %+v", r.Looks, r.Verification)
	}
}

func TestWrittenTo(t *testing.T) {
	right, wrong := Database{System: "1", Name: "right"}, Database{System: "2", Name: "wrong"}
	found := func(d Database) Look {
		return Look{Database: &d, Verification: Verification{Mode: VerifyFull, OK: true, IDsAsked: plannedRows, Present: plannedRows}}
	}
	lost := func(d Database) Look {
		return Look{Database: &d, Verification: Verification{Mode: VerifyFull, IDsAsked: plannedRows, Lost: plannedRows}}
	}
	function := &Function{Cluster: "abc.dsql.us-east-1.on.aws"}
	for _, c := range []struct {
		name     string
		run      *Database
		function *Function
		local    bool
		looks    []Look
		want     string
	}{
		{"nothing known", nil, nil, false, nil, ""},
		{"the driver's", &right, nil, false, []Look{found(right)}, right.String()},
		{"without a look", &right, nil, false, nil, right.String()},
		{"the function's cluster", nil, function, false, nil, "cluster " + function.Cluster},
		{"the function's cluster over another", &wrong, function, false, []Look{lost(wrong)}, "cluster " + function.Cluster},
		{"the driver found nothing where it looked", &wrong, nil, false, []Look{lost(wrong)}, ""},
		{"found elsewhere afterwards", &wrong, nil, false, []Look{lost(wrong), found(right)}, right.String()},
		{"first looked at afterwards", nil, nil, false, []Look{lost(wrong), found(right), lost(wrong)}, right.String()},
		{"local: the function has no other", &right, nil, true, []Look{lost(right)}, right.String()},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := looked()
			r.Run.Database, r.Run.Function, r.Looks = c.run, c.function, c.looks
			if c.local {
				r.Run.LocalTarget = &LocalTarget{}
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
		all := []Verification{{Mode: VerifyFull, OK: true, IDsAsked: plannedRows, Present: plannedRows}}
		for range others + 1 {
			all = append(all, Verification{Mode: VerifyFull, IDsAsked: plannedRows, Problem: "rows are missing"})
		}
		if r := looked(all...); !slices.ContainsFunc(r.Judge().Reasons, func(r Reason) bool { return strings.Contains(r.Text, "from h"+want) }) {
			t.Errorf("%d others: %+v", others, r.Judge().Reasons)
		}
	}
}

// Of several cleanups the one is quoted that tells most.
func TestCleanedUpTold(t *testing.T) {
	ended, more := Cleanup{Removed: 60}, Cleanup{Removed: 20}
	nothing, stopped, unsure := Cleanup{}, Cleanup{Removed: 40, Problem: "cut"}, Cleanup{Unsure: true, Problem: "cut"}
	for _, c := range []struct {
		name string
		all  []Cleanup
		want int // -1 is none
	}{
		{"broken off, then finished", []Cleanup{unsure, more}, 1},
		{"stopped, then finished", []Cleanup{stopped, more}, 1},
		{"finished, then nothing was left", []Cleanup{ended, nothing}, 0},
		{"finished, then broken off", []Cleanup{ended, unsure}, 0},
		{"broken off twice", []Cleanup{unsure, stopped}, 1},
		{"broken off, then nothing was left", []Cleanup{unsure, nothing}, 0},
		{"finished twice", []Cleanup{ended, more}, 1},
		{"nothing was there", []Cleanup{nothing}, -1},
	} {
		r := Record{Cleanups: c.all}
		got := slices.IndexFunc(r.Cleanups, func(of Cleanup) bool { return r.CleanedUp() != nil && of == *r.CleanedUp() })
		if got != c.want {
			t.Errorf("%s: %d is quoted, want %d", c.name, got, c.want)
		}
	}
}

func TestCleanups(t *testing.T) {
	at := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		cleanup Cleanup
		emptied bool
		want    string
	}{
		{"whole", Cleanup{At: at, Host: "desk", Planned: 60, Removed: 60, WarmUpRemoved: 2}, true, "at 2026-11-30 10:00:00 UTC from desk removed 60 of 60 planned rows, and 2 of the warm-up"},
		{"nothing was there", Cleanup{At: at, Planned: 60}, false, "at 2026-11-30 10:00:00 UTC removed 0 of 60 planned rows"},
		{"the warm-up's alone", Cleanup{At: at, Planned: 60, WarmUpRemoved: 2}, false, "removed 0 of 60 planned rows, and 2 of the warm-up"},
		{"refused", Cleanup{At: at, Planned: 60, Problem: "no right"}, false, "removed 0 of 60 planned rows; it was broken off: no right"},
		{"unsure", Cleanup{At: at, Planned: 60, Unsure: true, Problem: "cut"}, true, "removed 0 of 60 planned rows; it was broken off, and more may be gone: cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := looked()
			r.Cleanups = []Cleanup{c.cleanup}
			note := slices.ContainsFunc(r.Judge().Reasons, func(r Reason) bool { return r.Code == "cleaned_up" })
			if (r.CleanedUp() != nil) != c.emptied || note != c.emptied || !strings.HasSuffix(c.cleanup.String(), c.want) {
				t.Errorf("emptied %v, noted %v, want %v: %s", r.CleanedUp() != nil, note, c.emptied, c.cleanup)
			}
		})
	}
}
