package telemetry

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
)

// signal has the settings for the export of spans or points. The variables are read here, as the
// specification says. The SDK reads some of them differently (it doesn't know GZIP in upper
// case, and a certificate turns TLS on for an http:// URL), so each of its options is set.
type signal struct {
	target  string // in gRPC's syntax
	secure  credentials.TransportCredentials
	headers map[string]string // never nil, or the SDK would read the variables
	gzip    bool
	timeout time.Duration // of one export
}

// signalOf reads the settings of "TRACES_" or "METRICS_". timeout is the default time-out. Call
// it only if ExporterFaults returned no error.
func signalOf(getenv func(string) string, name string, timeout time.Duration) (signal, error) {
	c := checking{getenv: getenv}
	value := func(of string) string {
		_, value := c.setting(name, of)
		return value
	}
	s := signal{headers: map[string]string{}, gzip: strings.EqualFold(value("COMPRESSION"), "gzip"), timeout: timeout}
	if ms, err := strconv.Atoi(value("TIMEOUT")); err == nil {
		s.timeout = time.Duration(ms) * time.Millisecond
	}
	var fault error
	if text := value("HEADERS"); text != "" {
		s.headers, fault = parseHeaders(text)
	}
	endpoint := value("ENDPOINT")
	if endpoint == "" {
		endpoint = "http://" + defaultEndpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return s, errors.New("the endpoint can't be read") // the parser's error quotes the endpoint
	}
	s.target = endpoint
	if web(u) {
		s.target = u.Host
	}
	if !encrypted(u, value("INSECURE")) {
		s.secure = insecure.NewCredentials()
		return s, fault
	}
	config, err := tlsOf(value)
	s.secure = credentials.NewTLS(config)
	return s, errors.Join(fault, err)
}

// web reports whether u has a scheme of the web.
func web(u *url.URL) bool { return u.Scheme == "http" || u.Scheme == "https" }

// encrypted reports whether the connection uses TLS. INSECURE applies only to endpoints without
// http:// or https://. A Unix socket needs no TLS by default, because it is local.
func encrypted(u *url.URL, insecure string) bool {
	switch {
	case web(u):
		return u.Scheme == "https"
	case u.Scheme == "unix" && insecure == "":
		return false
	}
	return !isTrue(insecure)
}

// tlsOf reads the certificates of the trusted authorities and of the client.
func tlsOf(value func(of string) string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := value("CERTIFICATE"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return c, err
		}
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AppendCertsFromPEM(text)
	}
	if file := value("CLIENT_CERTIFICATE"); file != "" {
		pair, err := tls.LoadX509KeyPair(file, value("CLIENT_KEY"))
		if err != nil {
			return c, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// connect returns a connection, which dials when it is first used.
func (s signal) connect() (*grpc.ClientConn, error) {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(s.secure), grpc.WithUnaryInterceptor(listen), grpc.WithUserAgent(ScopeName + "/" + Version()),
		grpc.WithDisableServiceConfig(), // or a name server that is out of reach delays each connection by 10 s
	}
	if s.gzip {
		options = append(options, grpc.WithDefaultCallOptions(grpc.UseCompressor(gzip.Name)))
	}
	c, err := grpc.NewClient(s.target, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to the collector: %w", err)
	}
	return c, nil
}
