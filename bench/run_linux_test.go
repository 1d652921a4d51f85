package bench_test

import (
	"os"
	"testing"
)

// BenchmarkRun measures whole runs of the built driver with the default settings: 1,000
// invocations in flight, both scenarios, with and without telemetry. It reports the medians of
// wall time, of CPU time and of peak memory by kind of process; clients_MiB is the memory of
// all processes but PostgreSQL. BENCH_OTHER_DRIVER names another driver, which runs
// alternately.
func BenchmarkRun(b *testing.B) {
	b.Run("telemetry=off", func(b *testing.B) { benchmarkRun(b, "--telemetry", "off") })
	b.Run("telemetry=on", func(b *testing.B) {
		b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+startSink(b))
		benchmarkRun(b, "--telemetry", "relay", "--prometheus-url", "", "--jaeger-url", "")
	})
}

func benchmarkRun(b *testing.B, flags ...string) {
	binaries := map[string]string{"": buildDriver(b)}
	if other := os.Getenv("BENCH_OTHER_DRIVER"); other != "" {
		binaries["other_"] = other
	}
	measured := map[string][]float64{}
	for b.Loop() {
		for prefix, binary := range binaries { // in random order
			u := runDriver(b, binary, flags...)
			add := func(unit string, v float64) { measured[prefix+unit] = append(measured[prefix+unit], v) }
			add("wall_s", u.wall.Seconds())
			for kind, v := range u.cpu {
				add(kind+"_cpu_s", v)
			}
			for kind, v := range u.memory {
				add(kind+"_MiB", v)
			}
		}
	}
	for unit, values := range measured {
		b.ReportMetric(median(values), unit)
	}
}
