package accounts

import (
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// Rest updates the record's accounts after a new verification. It doesn't ask the backends again.
func Rest(r *bench.Record) {
	a := r.Accounts
	if a == nil {
		return
	}
	was := a.Database
	if a.Database = inDatabase(r.Verification); a.Database == nil || was != nil && *was == *a.Database {
		a.Database = was
		return
	}
	a.Missing = slices.DeleteFunc(a.Missing, func(text string) bool { return strings.HasPrefix(text, inDatabaseMissing) })
	a.Problem = parted(a, pointRows(a.Acknowledged, r), spanRows(a.Acknowledged, r))
	a.Agree = a.Problem == ""
}

// inDatabaseMissing begins the reason that the database's count is missing.
const inDatabaseMissing = "database: "
