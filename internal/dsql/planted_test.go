package dsql_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/dsqltest"
)

// planted is where a delay is put, and how long it is.
type planted struct {
	phase bench.Phase
	delay time.Duration
}

// in waits where the delay is planted.
func (p planted) in(phase bench.Phase) {
	if p.phase == phase {
		time.Sleep(p.delay)
	}
}

// slowable is a way to the test's cluster with TLS, that is slow where it is told.
type slowable struct {
	net.Listener
	t           *testing.T
	certificate *httptest.Server // made for example.com
	postgres    string           // socket
	direct      bool             // TLS begins at once
	planted     atomic.Pointer[planted]
}

func newSlowable(t *testing.T, direct bool) *slowable {
	t.Helper()
	s := &slowable{t: t, certificate: httptest.NewTLSServer(http.NotFoundHandler()), postgres: dsqltest.Socket(t), direct: direct}
	t.Cleanup(s.certificate.Close)
	s.planted.Store(&planted{})
	s.Listener = dsqltest.Serve(t, func(client net.Conn) {
		if err := s.serve(client); err != nil && !isEnd(err) {
			t.Error(err)
		}
	})
	return s
}

// isEnd: the client went.
func isEnd(err error) bool {
	return err == io.EOF || strings.Contains(err.Error(), "closed") || strings.Contains(err.Error(), "reset")
}

func (s *slowable) serve(raw net.Conn) error {
	if !s.direct {
		var ask [8]byte
		if _, err := io.ReadFull(raw, ask[:]); err != nil {
			return err
		}
		if _, err := raw.Write([]byte("S")); err != nil {
			return err
		}
	}
	s.planted.Load().in(bench.TLS)
	client := tls.Server(raw, &tls.Config{Certificates: s.certificate.TLS.Certificates, NextProtos: []string{"postgresql"}})
	if err := client.Handshake(); err != nil {
		return err
	}
	server, err := net.Dial("unix", s.postgres)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() { _ = server.Close() }()
	wg.Go(func() { _, _ = io.Copy(client, server); _ = raw.Close() })
	startup := make([]byte, 4)
	for kind := startup[:0]; ; kind = make([]byte, 1) {
		if _, err := io.ReadFull(client, kind); err != nil {
			return err
		}
		length := make([]byte, 4)
		if _, err := io.ReadFull(client, length); err != nil {
			return err
		}
		body := make([]byte, binary.BigEndian.Uint32(length)-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return err
		}
		switch string(kind) {
		case "":
			s.planted.Load().in(bench.Startup)
		case "P":
			s.planted.Load().in(bench.Prepare)
		case "B":
			s.planted.Load().in(bench.Query)
		}
		if _, err := server.Write(append(append(kind, length...), body...)); err != nil {
			return err
		}
	}
}

// address is the way as a cluster's.
func (s *slowable) address(database string) address.Address {
	return address.Address{
		Endpoint: "localhost", Port: s.Addr().(*net.TCPAddr).Port, Host: "example.com", Region: "us-east-1",
		Database: database, User: "postgres",
		Roots: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.certificate.Certificate().Raw})),
	}
}

// credentials serves the AWS credentials of a container, slow where p says so.
func credentials(t *testing.T, p *atomic.Pointer[planted]) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.Load().in(bench.Token)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"AccessKeyId": "AKIATEST", "SecretAccessKey": "secret", "Token": "token", "Expiration": time.Now().Add(time.Hour),
		})
	}))
	t.Cleanup(s.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_PROFILE", "")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", s.URL)
}

// once sends one statement of a fresh pool and answers where its time went; nobody
// waits for more than a moment where p doesn't say so.
func (s *slowable) once(a dsqltest.Database, p planted) map[string]float64 {
	t := s.t
	t.Helper()
	s.planted.Store(&p)
	address := s.address(a.Name)
	ctx := context.Background()
	db, err := dsql.OpenChanged(ctx, address, 1, nil, func(c *pgxpool.Config) {
		if !s.direct {
			c.ConnConfig.SSLNegotiation, c.ConnConfig.TLSConfig.NextProtos = "postgres", nil
		}
		dial, lookup := c.ConnConfig.DialFunc, c.ConnConfig.LookupFunc
		c.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			p.in(bench.Dial)
			return dial(ctx, network, address)
		}
		c.ConnConfig.LookupFunc = func(ctx context.Context, host string) ([]string, error) {
			p.in(bench.DNS)
			_, err := lookup(ctx, host)
			return []string{"127.0.0.1"}, err // and not ::1, where nobody listens
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	insert, err := db.NewInsert(bench.ByValues, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer insert.Close()
	free := func() {}
	if p.phase == bench.Acquire {
		release, err := db.Hold(ctx)
		if err != nil {
			t.Fatal(err)
		}
		free = release
	}
	all := dsqltest.Events(1)
	time.AfterFunc(p.delay, free)
	attempts := insert.Run(ctx, all, 3)
	first, last := attempts[0], attempts[len(attempts)-1]
	if f := last.Failure; f.Outcome != bench.Acknowledged {
		t.Fatalf("%v: %+v", p, f)
	}
	e := bench.Execution{Attempts: attempts, Failure: last.Failure}
	own := bench.OwnTime(e.PhaseTimes(), float64(e.Took())/float64(time.Millisecond))
	if p.phase == bench.Backoff {
		if len(attempts) != 2 {
			t.Fatalf("%d attempts, want 2", len(attempts))
		}
		// What was waited is drawn by chance.
		own[string(bench.Backoff)] -= float64(attempts[1].Start.Sub(first.End)-p.delay) / float64(time.Millisecond)
	}
	return own
}

// phases are all that a statement's time can be in, those of connecting first.
var phases = []bench.Phase{
	bench.Token, bench.DNS, bench.Dial, bench.TLS, bench.Startup, bench.Connect, bench.Acquire,
	bench.Prepare, bench.Query, bench.Backoff, bench.Between,
}

// A delay that is planted in a phase is found there, and nowhere else.
func TestPlantedDelays(t *testing.T) {
	const delay, tolerance = 60 * time.Millisecond, 5.0 // milliseconds
	for _, direct := range []bool{true, false} {
		t.Run(fmt.Sprintf("direct TLS %v", direct), func(t *testing.T) {
			a, _ := dsqltest.WithTable(t)
			a.Do("CREATE SEQUENCE tries")
			a.Do(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
				'BEGIN IF nextval(''tries'') = 1 THEN RAISE ''too many'' USING ERRCODE = ''53300''; END IF; RETURN NEW; END'`)
			a.Do("CREATE TRIGGER refuse BEFORE INSERT ON " + dsql.Table + " FOR EACH ROW EXECUTE FUNCTION refuse()")
			a.Do("SELECT nextval('tries')")
			s := newSlowable(t, direct)
			credentials(t, &s.planted)
			least := map[string]float64{} // without a delay: what a phase takes at its best
			best := func(into map[string]float64, p planted) {
				if p.phase == bench.Backoff {
					a.Do("ALTER SEQUENCE tries RESTART")
				}
				own := s.once(a, p)
				for _, phase := range phases {
					n := string(phase)
					if old, seen := into[n]; !seen || own[n] < old {
						into[n] = own[n]
					}
				}
			}
			for _, phase := range []bench.Phase{
				bench.Token, bench.DNS, bench.Dial, bench.TLS, bench.Startup, bench.Acquire,
				bench.Prepare, bench.Query, bench.Backoff,
			} {
				// The machine is slow at times, so each is tried until its best tells. A
				// pause may also shorten what is left of a delay: the best begins anew.
				with := map[string]float64{}
				for n, end := 1, time.Now().Add(patience); ; n++ {
					if n%4 == 0 {
						clear(with)
					}
					best(least, planted{})
					best(with, planted{phase, delay})
					wrong := misplaced(least, with, phase, delay, tolerance)
					if wrong == "" {
						break
					}
					if time.Now().After(end) {
						t.Errorf("%v in %s: %s\nwithout %v\nwith %v", delay, phase, wrong, least, with)
						break
					}
				}
			}
		})
	}
}

// misplaced says which phase doesn't have what was planted; empty when all do.
func misplaced(without, with map[string]float64, phase bench.Phase, delay time.Duration, tolerance float64) string {
	for _, p := range phases {
		want := 0.0
		if p == phase {
			want = float64(delay) / float64(time.Millisecond)
		}
		if phase == bench.Acquire && slices.Index(phases, p) < slices.Index(phases, phase) {
			continue // no connection was opened
		}
		if got := with[string(p)] - without[string(p)]; got < want-tolerance || got > want+tolerance {
			return fmt.Sprintf("%s has %.1f ms more, want %.1f", p, got, want)
		}
	}
	return ""
}
