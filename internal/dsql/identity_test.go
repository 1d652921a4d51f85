package dsql_test

import (
	"context"
	"regexp"
	"testing"

	"dsql-load-test/internal/dsql"
)

// Everybody is told which database and which table it is. Where the right to read the
// system identifier was taken away, the rest is still there.
func TestIdentity(t *testing.T) {
	ctx := context.Background()
	a := database(t)
	db := a.open("postgres")
	before, err := db.Identity(ctx)
	if err != nil || before.TableOID != 0 || before.Name != a.name {
		t.Fatalf("before there is a table: %+v, %v", before, err)
	}
	if err := db.EnsureTable(ctx); err != nil {
		t.Fatal(err)
	}
	first, err := db.Identity(ctx)
	if err != nil || first.TableOID == 0 || first.Cluster != "" || !regexp.MustCompile(`^[1-9][0-9]{9,}$`).MatchString(first.System) {
		t.Fatalf("%+v, %v", first, err)
	}
	a.do("CREATE ROLE " + a.name + " LOGIN")
	defer a.do("DROP ROLE " + a.name)
	other := a.open(a.name)
	if got, err := other.Identity(ctx); err != nil || *got != *first {
		t.Errorf("another role is told %+v, %v, want %+v", got, err, first)
	}
	a.do("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
	if got, err := other.Identity(ctx); err != nil || got.System != "" || got.Name != first.Name || got.TableOID != first.TableOID {
		t.Errorf("without the right: %+v, %v", got, err)
	}
	a.do("DROP TABLE " + dsql.Table)
	if err := db.EnsureTable(ctx); err != nil {
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
