package report

import (
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/dsql/table"
)

// AdviceIn is what to do about errors of a kind in a run, whose database's settings make
// some of them.
func AdviceIn(settings []bench.ServerSetting, kind string) (all []string) {
	for _, s := range settings {
		if s.Kind == kind {
			all = append(all, s.String())
		}
	}
	if advice := AdviceOn(kind); len(all) == 0 && advice != "" {
		all = append(all, advice)
	}
	return all
}

// AdviceOn is what to do about errors of a kind, a SQLSTATE or a word; empty where
// their own text has to do.
func AdviceOn(kind string) string {
	const compares = "driver schema --apply compares the table with what the statements need, and prints what cures it"
	advice := map[string]string{
		"53300":             "more connections than the cluster's quota: lower --concurrency, or raise the quota",
		"53400":             "connections opened faster than 100/s after a burst of 1,000: lower --connect-rate, or warm the environments up",
		"54000":             "a transaction beyond the cluster's limits: fewer rows per batch",
		"42P01":             "the table is missing: driver schema --apply --cluster ENDPOINT, or --database-url URL",
		"3F000":             "the table is missing: driver schema --apply --cluster ENDPOINT, or --database-url URL",
		"42501":             "the function's role lacks a right: driver schema --apply --cluster ENDPOINT --role ROLE --iam-arn ARN",
		"08006":             "the cluster lets the function in with neither its token nor its role: see the message, IAM_USERNAME and the function's dsql:DbConnect",
		failure.NotWritable: "the transactions can't write, as after a failover: name the primary server, or all of them with target_session_attrs=read-write; or RESET default_transaction_read_only of the role or database; driver doctor says of which",
		"3D000":             "there is no such database: look at DATABASE_NAME, or at the URL's path",
		"token_failed":      "the function has no credentials to make a token of: look at its execution role",
		"08P01":             "a pooler says so: it is full (PgBouncer's max_client_conn, default_pool_size, query_wait_timeout: raise those, or lower --concurrency), or its server is down; its log says why",
		"40001":             "conflicts outlasted the attempts (--retries)",
		// The server reported no error.
		"already_present": "another sending of the same invocation put the ids into the table: Lambda ran the event twice, or somebody else used the run's id",
		"not_stored":      "a trigger or rule drops the rows, or moves them where the table doesn't show them: " + compares,
		"not_checked":     "the function's role needs SELECT on the table (driver schema --apply --role ROLE), and the database time for one SELECT by ids; driver verify says which rows are there",
		"client_error":    compares,
	}
	for _, state := range []string{"23503", "23514", "P0001"} {
		advice[state] = "a foreign key, check, domain, partition or trigger of the table refuses the rows: driver schema --apply names each in a note, with the statement that takes it away"
	}
	for _, state := range []string{"42703", "42804", "42P10", "428C9", "23502", "23505", "22001", "22P02", "22007", "0A000", "55000"} {
		advice[state] = compares
	}
	if text, known := advice[kind]; known {
		return text
	}
	if len(kind) == 5 && strings.HasPrefix(kind, "28") {
		return "the database lets the function's user not in: look at its name, its password and the server's pg_hba.conf"
	}
	return table.Advice(kind)
}
