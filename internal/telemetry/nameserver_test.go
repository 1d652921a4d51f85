package telemetry

import (
	"context"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"dsql-load-test/internal/telemetry/telemetrytest"
)

// A name server that only knows addresses, as that of containers without a network, doesn't delay
// a connection: it is asked for nothing else.
func TestAsksForAddressesOnly(t *testing.T) {
	t.Parallel()
	b := telemetrytest.NewBackend(t, nil)
	host, port, err := net.SplitHostPort(b.Address)
	if err != nil {
		t.Fatal(err)
	}
	server := nameServer(t, net.ParseIP(host))
	e, err := NewExporter(context.Background(), telemetrytest.Reader(
		"OTEL_EXPORTER_OTLP_ENDPOINT", "dns://"+server+"/collector.test.:"+port, "OTEL_EXPORTER_OTLP_INSECURE", "true",
	), Patient())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) }) // nothing waits in it
	if err := e.Probe(context.Background()); err != nil {
		t.Error(err)
	}
}

// nameServer starts a name server that says of each name that it is at address, and that it is a
// fault of the test to be asked for anything else. It doesn't answer that.
func nameServer(t *testing.T, address net.IP) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = c.Close(); <-done })
	go func() {
		defer close(done)
		question := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(question)
			if err != nil {
				return // it is closed
			}
			answer, err := answerTo(question[:n], address)
			if err != nil {
				t.Error(err)
			}
			if answer != nil {
				_, _ = c.WriteTo(answer, from) // a lost one is asked for again
			}
		}
	}()
	return c.LocalAddr().String()
}

// answerTo answers a question for an address of version 4, says that there is none of version 6,
// and has no answer to another question.
func answerTo(question []byte, address net.IP) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	m.Response, m.Additionals = true, nil
	for _, q := range m.Questions {
		switch {
		case q.Type == dnsmessage.TypeA:
			a := dnsmessage.AResource{A: [4]byte(address.To4())}
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 60}, Body: &a})
		case q.Type != dnsmessage.TypeAAAA:
			return nil, &net.DNSError{Err: "asked for " + strings.TrimPrefix(q.Type.String(), "Type"), Name: q.Name.String()}
		}
	}
	return m.Pack()
}
