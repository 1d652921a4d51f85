package html

import "dsql-load-test/internal/bench"

// runSections returns the sections about the whole run.
func runSections(r *bench.Record) []section {
	return []section{
		{ID: "verification", Title: "Verification", Blocks: append(verification(r.Verification), looks(r)...)},
		{ID: "accounts", Title: "The four accounts", Blocks: accounts(r)},
		{ID: "telemetry", Title: "Telemetry", Blocks: telemetry(r)},
		{ID: "cost", Title: costTitle(r), Blocks: cost(r)},
		{ID: "cloudwatch", Title: "CloudWatch", Blocks: cloudWatch(r)},
		{ID: "environment", Title: "Environment", Blocks: environment(r)},
		{ID: "config", Title: "Configuration, resolved", Blocks: []block{{Code: config(r.Run.Config)}}},
	}
}
