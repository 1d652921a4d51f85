package relay_test

import (
	"testing"

	"dsql-load-test/internal/accounts"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/relay"
)

// Whatever vanishes, or is counted twice, is told at its hop with its reason. The rows
// that are lost are within the bounds told, the accounts don't part for it, and the
// verdict names it.
func TestVanishing(t *testing.T) {
	t.Parallel()
	for of, rows := range map[string][]relay.Vanish{
		"spans": relay.VanishingSpans(), "points": relay.VanishingPoints(),
		"exported spans": exporting(relay.VanishingExports()), "exported points": exporting(relay.VanishingExportedPoints()),
	} {
		for _, v := range rows {
			t.Run(of+", "+v.Name(), func(t *testing.T) {
				t.Parallel()
				record, prometheus := v.Play(t)
				record.Accounts = accounts.Of(t.Context(), prometheus, 0, record)
				v.CheckVerdict(t, record)
			})
		}
	}
}

// exporting lets the functions of rows export by themselves.
func exporting(rows []relay.Vanish) []relay.Vanish {
	for i := range rows {
		rows[i].Mode = bench.TelemetryOTLP
	}
	return rows
}
