package telemetry_test

import (
	"testing"

	"dsql-load-test/internal/accounts"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// Whatever vanishes, or is counted twice, is told at its hop with its reason. The rows
// that are lost are within the bounds told, the accounts don't part for it, and the
// verdict names it.
func TestVanishing(t *testing.T) {
	t.Parallel()
	for of, rows := range map[string][]telemetry.Vanish{
		"spans": telemetry.VanishingSpans(), "points": telemetry.VanishingPoints(),
		"exported spans": exporting(telemetry.VanishingExports()), "exported points": exporting(telemetry.VanishingExportedPoints()),
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
func exporting(rows []telemetry.Vanish) []telemetry.Vanish {
	for i := range rows {
		rows[i].Mode = bench.TelemetryOTLP
	}
	return rows
}
