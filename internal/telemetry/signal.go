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

// signal is how spans or points are exported. The variables are read here and by
// the specification alone: the SDK has its own reading, in which GZIP is none and a
// certificate means TLS for an http:// URL too, and each of its options is set from
// this one.
type signal struct {
	target  string // as gRPC takes it
	secure  credentials.TransportCredentials
	headers map[string]string // never nil, or the SDK would use its own
	gzip    bool
	timeout time.Duration // of one export
}

// signalOf reads the settings of "TRACES_" or "METRICS_"; timeout is for when none is
// set. It is for variables that exporterFaults found nothing in.
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
		endpoint = "http://" + DefaultEndpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return s, errors.New("the endpoint can't be read") // the parser's error quotes it
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

func web(u *url.URL) bool { return u.Scheme == "http" || u.Scheme == "https" }

// encrypted reports whether TLS is meant. A web scheme says so itself, whatever
// INSECURE says, which is for the others. Nobody listens in on a Unix socket.
func encrypted(u *url.URL, insecure string) bool {
	switch {
	case web(u):
		return u.Scheme == "https"
	case u.Scheme == "unix" && insecure == "":
		return false
	}
	return !isTrue(insecure)
}

// tlsOf has the certificates that the variables name: who is trusted, and who calls.
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

// connect makes a connection, which dials when it is first used.
func (s signal) connect() (*grpc.ClientConn, error) {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(s.secure), grpc.WithUnaryInterceptor(listen), grpc.WithUserAgent(ScopeName + "/" + Version()),
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
