package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/quote"
)

// where returns host and port of the database, without the password of a URL.
func (e *exam) where(a address.Address) string {
	if d, err := a.Where(); err == nil {
		return fmt.Sprintf("%s:%d", d.Host, d.Port)
	}
	return "the database"
}

// looksItself reports whether the driver itself looks at the table, and creates it if it is
// missing.
func (e *exam) looksItself() bool { return e.explicit() || e.o.Config.Verify != bench.VerifyOff }

// unlessUnneeded turns a failure that concerns only the driver's look at the table into a
// warning if there is no such look.
func (e *exam) unlessUnneeded(c Check) Check {
	if c.State == Failed && !e.looksItself() {
		c.State, c.Text = Warning, c.Text+" (from here; a run with --verify off doesn't need it)"
	}
	return c
}

func (e *exam) checkConnection(context.Context) Check {
	a, err := e.reach()
	switch {
	case errors.As(err, new(*blocked)):
		if _, why := e.address(); why != nil {
			return skipped("%s", quote.Collapse(why))
		}
		return skipped("%s", err)
	case err != nil:
		return e.unlessUnneeded(e.noConnection(err))
	}
	secured := ""
	if a.URL == "" {
		secured = ", TLS verified for " + a.Host
	}
	return ok("%s answers%s", e.where(a), secured)
}

// noConnection explains why the database can't be reached.
func (e *exam) noConnection(err error) Check {
	a, _ := e.address() // no error: it was dialed
	text, cure := split(err)
	port := "for it"
	if d, err := a.Where(); err == nil {
		port = strconv.Itoa(d.Port)
	}
	switch {
	case errors.As(err, new(x509.UnknownAuthorityError)): // the hint says all
	case errors.As(err, new(*tls.CertificateVerificationError)):
		cure = strings.TrimSuffix("check the name; "+cure, "; ")
	default:
		cure = strings.TrimSuffix("check the name, the network and a firewall's port "+port+"; "+cure, "; ")
	}
	network := networkAt(err, e.where(a))
	if network == "" {
		return failed(cure, "%s", text)
	}
	c := failed(cure, "%s", network)
	if !errors.Is(err, syscall.ECONNREFUSED) && !errors.As(err, new(*tls.CertificateVerificationError)) {
		c.cause = byNetwork // other checks may fail by it too
	}
	return c
}

// askLogin logs in; at a cluster with an IAM token.
func (e *exam) askLogin(ctx context.Context, a address.Address) (session, error) {
	if a.URL == "" {
		if _, err := e.access(); err != nil {
			return session{}, &blocked{"credentials"}
		}
	}
	// Not ctx, because the pool is used after this function returns.
	db, err := dsql.OpenObserved(context.WithoutCancel(ctx), a, 1, nil)
	if err != nil {
		return session{}, err
	}
	e.mu.Lock()
	e.db = db
	e.mu.Unlock()
	version, err := db.Ping(ctx)
	return session{db, version}, err
}

func (e *exam) checkLogin(context.Context) Check {
	s, err := e.login()
	switch {
	case errors.As(err, new(*blocked)):
		return skipped("%s", err)
	case err != nil && failure.WakingUp(failure.Explain(err)):
		return warning("try again in a minute", "the cluster is waking up")
	case err != nil:
		text, cure := split(err)
		return e.unlessUnneeded(failed(cure, "%s", text))
	}
	a, _ := e.address() // no error: the login succeeded
	token := ""
	if a.URL == "" {
		token = " as " + a.User + ", token accepted"
	}
	if err := s.db.Pooler().BeforeFront(); err != nil && e.o.Front {
		text, cure := split(err)
		return failed(cure, "%s", text)
	}
	if note := s.db.PoolerNote(); note != "" {
		token += "; note: " + note
	}
	return ok("PostgreSQL %s%s", s.version, token)
}

// split returns the text and the hints of an error.
func split(err error) (text, hint string) {
	var texts, hints []string
	for _, m := range quote.Messages(err) {
		if m.Hint {
			hints = append(hints, m.Text)
		} else {
			texts = append(texts, m.Text)
		}
	}
	return strings.Join(texts, " "), strings.Join(hints, "; ")
}
