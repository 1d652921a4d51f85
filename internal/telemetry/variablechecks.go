package telemetry

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"dsql-load-test/internal/secret"
)

// exporterPrefix begins the names of the OTLP exporter's variables. A signal's own variable, with
// TRACES_ or METRICS_ after the prefix, overrides the general one.
const exporterPrefix = "OTEL_EXPORTER_OTLP_"

// exporterChecks returns the supported settings of the OTLP exporter. Each error continues a text
// that begins with the name of the variable.
func exporterChecks() map[string]func(value string) error {
	return map[string]func(string) error{
		"ENDPOINT":    checkEndpoint,
		"PROTOCOL":    oneOf("grpc"),
		"COMPRESSION": oneOf("gzip", "none"),
		"INSECURE":    func(string) error { return nil }, // see TakenAsFalse
		"TIMEOUT":     checkTimeout,
		"HEADERS":     checkHeaders,
		"CERTIFICATE": secret.Certificates,
	}
}

func refused(value, allowed string) error { return fmt.Errorf(" = %s: must be %s", value, allowed) }

// oneOf checks a word of the specification, which may be in upper or lower case.
func oneOf(allowed ...string) func(string) error {
	return func(value string) error {
		if slices.Contains(allowed, strings.ToLower(value)) {
			return nil
		}
		return refused(value, strings.Join(allowed, " or "))
	}
}

func checkEndpoint(value string) error {
	if err := endpointFault(value); err != nil {
		return fmt.Errorf("%w: %w", refused(secret.Address(value), "a URL such as http://localhost:4317, or https:// for TLS"), err)
	}
	return nil
}

// endpointFault returns why gRPC can't use the endpoint. A scheme is required, because it
// decides about TLS.
func endpointFault(value string) error {
	u, err := url.Parse(value)
	if err == nil && (u.Scheme == "unix" || u.Scheme == "dns") {
		if u.Path == "" && u.Opaque == "" {
			return errors.New("nothing follows " + u.Scheme + ":")
		}
		return nil
	}
	if err := secret.Web(value); err != nil {
		return err
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); u.Hostname() == "" || u.Port() != "" && (err != nil || port == 0) {
		return errors.New("its host or port can't be one")
	}
	return nil
}

func checkTimeout(value string) error {
	if ms, err := strconv.ParseInt(value, 10, 32); err != nil || ms < 1 {
		return refused(value, "milliseconds, 1 or more")
	}
	return nil
}

func checkHeaders(value string) error {
	_, err := parseHeaders(value)
	return err
}

// parseHeaders reads the headers of each export. Its error never shows a value, which may be a
// secret.
func parseHeaders(value string) (map[string]string, error) {
	key := regexp.MustCompile(`^[0-9A-Za-z_.-]+$`) // allowed by gRPC
	all := map[string]string{}
	for n, pair := range strings.Split(value, ",") {
		if Trimmed(pair) == "" {
			continue
		}
		name, text, found := strings.Cut(pair, "=")
		name = Trimmed(name)
		text, err := url.PathUnescape(Trimmed(text))
		printable := !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
		if !found || !key.MatchString(name) || err != nil || !printable {
			return nil, fmt.Errorf(": its entry %d can't be used: must be name=value pairs, separated by commas, values percent-encoded", n+1)
		}
		all[name] = Trimmed(text)
	}
	return all, nil
}

// checkPair checks a client's certificate and key, which must be set together.
func checkPair(certificate, file, key, keyFile string) error {
	switch {
	case certificate == "" && key == "":
		return nil
	case certificate == "":
		return fmt.Errorf("%s: must go with %sCLIENT_CERTIFICATE, which is not set", secret.FileOf(key, keyFile), exporterPrefix)
	case key == "":
		return fmt.Errorf("%s = %s: must go with %sCLIENT_KEY, which is not set", certificate, file, exporterPrefix)
	}
	if _, err := tls.LoadX509KeyPair(file, keyFile); err != nil {
		return fmt.Errorf("%s = %s: must be a certificate in PEM form that fits %s: %w", certificate, file, secret.FileOf(key, keyFile), secret.Cause(err))
	}
	return nil
}
