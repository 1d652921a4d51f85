package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net/url"
	"strings"

	"dsql-load-test/internal/accounts"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/secret"
	"dsql-load-test/internal/telemetry"
)

// Variables is the name of the checks of the OTEL_ variables.
const Variables = "variables"

// compose starts everything that observes a run.
const compose = "docker compose up -d"

// backendLooks returns the checks of the collector and the backends.
func (e *exam) backendLooks() []look {
	return []look{
		{name: "collector", all: e.checkCollector},
		{name: "prometheus", make: e.ready(e.o.PrometheusURL, "/-/ready", "--prometheus-url")},
		{name: "jaeger", make: e.ready(e.o.JaegerURL, "/api/services", "--jaeger-url")},
		{name: "grafana", make: e.ready(e.o.GrafanaURL, "/api/health", "--grafana-url")},
	}
}

// off reports whether the run won't be observed.
func (e *exam) off() bool {
	return e.o.Config.Telemetry == bench.TelemetryOff || telemetry.Disabled(e.o.Getenv) != ""
}

func (e *exam) checkCollector(ctx context.Context) []Check {
	if e.off() {
		return []Check{skipped("telemetry is off")}
	}
	ctx, cancel := context.WithTimeout(ctx, e.o.Deadline)
	defer cancel()
	faults := telemetry.CheckVariables(e.o.Getenv)
	checks := e.checkVariables(faults)
	if len(faults) > 0 {
		return append(checks, skipped("not looked at: see "+Variables))
	}
	return append(checks, e.askCollector(ctx))
}

func (e *exam) askCollector(ctx context.Context) Check {
	err := telemetry.Probe(ctx, e.o.Getenv)
	switch {
	case err == nil:
		return ok("%s takes telemetry", telemetry.Endpoint(e.o.Getenv))
	case e.o.Config.TelemetryRequired:
		return failed(compose, "%s, and --telemetry-required", quote.Collapse(err))
	case e.o.Config.Telemetry == bench.TelemetryAuto:
		return warning(compose, "%s: the run goes on unobserved", quote.Collapse(err))
	}
	return warning(compose, "%s: telemetry is kept until the end of the run, which is SUSPECT if it is lost", quote.Collapse(err))
}

// checkVariables returns a check for each OTEL_ variable that a run would complain about.
func (e *exam) checkVariables(faults []error) []Check {
	var checks []Check
	for _, fault := range faults {
		if e.o.Config.TelemetryRequired || e.o.Config.Telemetry != bench.TelemetryAuto {
			checks = append(checks, failed("", "%s", quote.Collapse(fault)))
		} else {
			checks = append(checks, warning("", "%s: the run goes on unobserved", quote.Collapse(fault)))
		}
	}
	for _, doubt := range telemetry.TakenAsFalse(e.o.Getenv) {
		checks = append(checks, warning("", "%s", quote.Collapse(doubt)))
	}
	if idle := telemetry.IdleVariables(e.o.Environ); len(idle) > 0 {
		checks = append(checks, warning("", "%s: no effect here", strings.Join(idle, ", ")))
	}
	for i := range checks {
		checks[i].Name = Variables
	}
	return checks
}

// ready returns a check that asks a backend by HTTP whether it is ready.
func (e *exam) ready(base, path, flag string) func(context.Context) Check {
	return func(ctx context.Context) Check {
		switch {
		case e.off():
			return skipped("telemetry is off")
		case base == "":
			return skipped("%s is empty", flag)
		}
		if err := secret.Web(base); err != nil {
			return failed("", "%s %s: %s", flag, secret.Address(base), err)
		}
		ctx, cancel := context.WithTimeout(ctx, e.o.Deadline)
		defer cancel()
		if err := accounts.Ready(ctx, base, path); err != nil {
			return warning(compose+", or "+flag, "%s", cmp.Or(networkOf(err), quote.Collapse(err)))
		}
		return ok("%s is ready", secret.Address(base))
	}
}

// checkEndpoint checks whether --endpoint-url answers, with the client that a run uses.
func (e *exam) checkEndpoint(ctx context.Context) Check {
	if err := secret.Web(e.o.EndpointURL); err != nil {
		return failed("", "--endpoint-url %s: %s", secret.Address(e.o.EndpointURL), err)
	}
	u, err := url.Parse(e.o.EndpointURL)
	if err != nil { // Web parsed it
		return failed("", "--endpoint-url: %s", quote.Collapse(err))
	}
	client, err := invoke.NewClient(ctx, invoke.Options{
		Region: e.o.Config.Region, Profile: e.o.Profile, EndpointURL: e.o.EndpointURL, LocalCredentials: true, Concurrency: 1,
	})
	if err != nil {
		text, cure := split(err)
		return failed(cure, "%s", text)
	}
	ctx, cancel := context.WithTimeout(ctx, e.o.Deadline)
	defer cancel()
	if err := client.Reach(ctx); err != nil {
		cure := "start it, or another --endpoint-url"
		if errors.As(err, new(*tls.CertificateVerificationError)) {
			cure = "AWS_CA_BUNDLE names the certificates of an authority of one's own"
		}
		return failed(cure, "%s", cmp.Or(networkAt(err, u.Host), quote.Collapse(err)))
	}
	return ok("%s answers", secret.Address(e.o.EndpointURL))
}
