package dsql_test

import (
	"context"
	"regexp"
	"testing"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
)

// Everybody is told which database and which table it is. Where the right to read the
// system identifier was taken away, the rest is still there.
func TestIdentity(t *testing.T) {
	ctx := context.Background()
	a := dsqltest.New(t)
	db := a.Open("postgres")
	before, err := db.Identity(ctx)
	if err != nil || before.TableOID != 0 || before.Name != a.Name {
		t.Fatalf("before there is a table: %+v, %v", before, err)
	}
	if err := db.Table().Ensure(ctx); err != nil {
		t.Fatal(err)
	}
	first, err := db.Identity(ctx)
	if err != nil || first.TableOID == 0 || first.Cluster != "" || !regexp.MustCompile(`^[1-9][0-9]{9,}$`).MatchString(first.System) {
		t.Fatalf("%+v, %v", first, err)
	}
	a.Do("CREATE ROLE " + a.Name + " LOGIN")
	defer a.Do("DROP ROLE " + a.Name)
	other := a.Open(a.Name)
	if got, err := other.Identity(ctx); err != nil || *got != *first {
		t.Errorf("another role is told %+v, %v, want %+v", got, err, first)
	}
	a.Do("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
	if got, err := other.Identity(ctx); err != nil || got.System != "" || got.Name != first.Name || got.TableOID != first.TableOID {
		t.Errorf("without the right: %+v, %v", got, err)
	}
	a.Do("DROP TABLE " + dsql.Table)
	if err := db.Table().Ensure(ctx); err != nil {
		t.Fatal(err)
	}
	again, err := db.Identity(ctx)
	if err != nil || again.TableOID == first.TableOID {
		t.Fatalf("made anew: %+v, %v", again, err)
	}
	if differs, sure := again.Same(*first); !differs || !sure {
		t.Errorf("the table made anew is taken for the first: %+v, %+v", again, first)
	}
}
