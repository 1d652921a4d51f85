package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// PrometheusFlags are the flags that the configuration needs. A test checks that the compose
// file has them too.
func PrometheusFlags() []string {
	return []string{
		"--web.enable-otlp-receiver",
		"--enable-feature=exemplar-storage,created-timestamp-zero-ingestion",
	}
}

// ports of one stack.
type ports struct {
	otlp, health, metrics int // the collector's
	prometheus            int
	// Of Jaeger: OTLP, the query API over gRPC and HTTP, health, metrics.
	jaegerOTLP, jaegerGRPC, jaegerAPI, jaegerHealth, jaegerMetrics int
}

// plan chooses ports and prepares the processes.
func plan(b Binaries, folder string) (*Stack, error) {
	free, err := freePorts(9)
	if err != nil {
		return nil, err
	}
	p := ports{free[0], free[1], free[2], free[3], free[4], free[5], free[6], free[7], free[8]}
	s := &Stack{
		OTLPEndpoint:        loopback(p.otlp),
		CollectorMetricsURL: loopbackURL(p.metrics) + "/metrics",
		PrometheusURL:       loopbackURL(p.prometheus),
		JaegerURL:           loopbackURL(p.jaegerAPI),
	}
	collector, err := repositoryPath("otel-collector", "config.yaml")
	if err != nil {
		return nil, err
	}
	prometheus, err := prometheusConfig(folder, p)
	if err != nil {
		return nil, fmt.Errorf("configure Prometheus: %w", err)
	}
	jaeger, err := repositoryPath("jaeger")
	if err != nil {
		return nil, err
	}
	s.collector = &process{
		name: "collector", path: b.Collector, log: filepath.Join(folder, "collector.log"),
		args: []string{"--config", collector}, env: p.collectorEnv(), ready: loopbackURL(p.health),
	}
	s.prometheus = &process{
		name: "prometheus", path: b.Prometheus, log: filepath.Join(folder, "prometheus.log"),
		args: append(PrometheusFlags(), "--config.file="+prometheus,
			"--web.listen-address="+loopback(p.prometheus), "--storage.tsdb.path="+filepath.Join(folder, "prometheus")),
		ready: s.PrometheusURL + "/-/ready",
	}
	s.jaeger = &process{
		name: "jaeger", path: b.Jaeger, log: filepath.Join(folder, "jaeger.log"),
		args:  []string{"--config", filepath.Join(jaeger, "jaeger.yaml")},
		env:   append(p.jaegerEnv(), "JAEGER_CONFIG="+jaeger, "JAEGER_DATA="+filepath.Join(folder, "jaeger")),
		ready: loopbackURL(p.jaegerHealth) + "/status",
	}
	return s, nil
}

func (p ports) collectorEnv() []string {
	return []string{
		"OTLP_ADDRESS=" + loopback(p.otlp),
		"HEALTH_ADDRESS=" + loopback(p.health),
		"METRICS_PORT=" + strconv.Itoa(p.metrics),
		"JAEGER_OTLP_ADDRESS=" + loopback(p.jaegerOTLP),
		"PROMETHEUS_OTLP_URL=" + loopbackURL(p.prometheus) + "/api/v1/otlp",
	}
}

func (p ports) jaegerEnv() []string {
	return []string{
		"JAEGER_HTTP_PORT=" + strconv.Itoa(p.jaegerAPI),
		"JAEGER_GRPC_PORT=" + strconv.Itoa(p.jaegerGRPC),
		"JAEGER_OTLP_PORT=" + strconv.Itoa(p.jaegerOTLP),
		"JAEGER_HEALTH_PORT=" + strconv.Itoa(p.jaegerHealth),
		"JAEGER_METRICS_PORT=" + strconv.Itoa(p.jaegerMetrics),
	}
}

// prometheusConfig links the repository's file into a folder with the targets of this stack:
// Prometheus looks for the targets in the folder of the file.
func prometheusConfig(folder string, p ports) (string, error) {
	file, err := repositoryPath("prometheus", "prometheus.yml")
	if err != nil {
		return "", err
	}
	config := filepath.Join(folder, "prometheus.yml")
	_ = os.Remove(config) // of an attempt before
	if err := os.Symlink(file, config); err != nil {
		return "", err
	}
	const target = "- targets: [%q]\n  labels: {job: %s}\n"
	targets := fmt.Sprintf(target, loopback(p.metrics), "otel-collector") +
		fmt.Sprintf(target, loopback(p.jaegerMetrics), "jaeger") +
		fmt.Sprintf(target, loopback(p.prometheus), "prometheus")
	return config, os.WriteFile(filepath.Join(folder, "targets.yml"), []byte(targets), 0o644)
}
