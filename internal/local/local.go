// Package local is the target on this machine: a throwaway PostgreSQL (package postgres),
// a front before it that holds its clients to DSQL's rules (front), and a Lambda service
// (lambda). All of it ends with the run. Their processes are children of this one
// (child); packages fault and scratch have injected faults and temporary folders.
package local

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/front"
	"dsql-load-test/internal/local/lambda"
	"dsql-load-test/internal/local/postgres"
	"dsql-load-test/internal/local/scratch"
	"dsql-load-test/internal/worker"
)

// RunRole does the work of a child process of the local target and then returns true. In
// the program that a person started it returns false at once. main calls it first.
func RunRole(getenv func(string) string) bool {
	switch child.Role() {
	case postgres.Role:
		postgres.Keep()
	case scratch.Role:
		scratch.Keep()
	case lambda.Role:
		lambda.EndWithParent()
		worker.Serve(getenv)
	default:
		return false
	}
	return true
}

// Options configure the target.
type Options struct {
	FunctionName     string
	OtherNames       []string // further names or ARNs of the function
	Region           string
	DatabaseURL      string // of an existing PostgreSQL; empty for a throwaway one
	InFlight         int    // largest number of invocations at once
	Rows             int    // of the largest statement; 0 is not known
	EnvConcurrency   int    // 0 chooses; see EnvConcurrencyFor
	ConcurrencyLimit int    // 0 is InFlight
	FunctionTimeout  time.Duration
	KeepDB           bool
	Address          string // of the Lambda service; empty is a free port
	// NoFront lets the function connect to PostgreSQL itself.
	NoFront bool
	// CertificateFolder is where the front's certificate is written for other
	// clients; empty for nowhere.
	CertificateFolder string
	// OwnConnections is how many connections to PostgreSQL the caller opens itself; 0 is
	// enough for a run.
	OwnConnections int
	// FrontAddress is where the front listens; empty is a free port.
	FrontAddress string
	// Faults are injected. The same Seed gives the same order.
	Faults fault.List
	Seed   int64
	// OTLPEndpoint is the collector to which the function itself exports; empty for
	// none.
	OTLPEndpoint string
	// Log, which may be nil, gets what the function logs. Many goroutines write to it.
	Log io.Writer
	// Say, which may be nil, gets a line about everything that takes long, and about errors
	// of the Lambda service.
	Say func(text string)
}

// Target is a running local target.
type Target struct {
	DatabaseURL string
	Endpoint    string // of the Lambda service
	Options     Options
	// Ended is closed when the throwaway database has ended; nil for an existing one.
	Ended <-chan struct{}
	// Front is the function's database; nil if NoFront is set.
	Front       *front.Front
	credentials front.Credentials
	database    *postgres.Server
	service     *lambda.Service
}

// ownConnections is the default of OwnConnections: the driver checks before a run,
// verifies after it, and shows progress meanwhile.
const ownConnections = 16

// memoryMB is the memory in an environment's variables and log. Nothing enforces it.
const memoryMB = 1024

// EnvConcurrencyFor returns how many invocations each environment serves at once by
// default. Up to 8 invocations each has an environment of its own, as on AWS. More of them
// share one: each further process costs every statement CPU time, because the kernel has to
// wake a process for a single answer.
func EnvConcurrencyFor(inFlight int) int {
	const mostProcesses = 8
	if inFlight <= mostProcesses {
		return 1
	}
	return inFlight
}

// Start starts the target. Stop must be called when it succeeds.
func Start(ctx context.Context, o Options) (*Target, error) {
	if o.EnvConcurrency == 0 {
		o.EnvConcurrency = EnvConcurrencyFor(o.InFlight)
	}
	if o.ConcurrencyLimit == 0 {
		o.ConcurrencyLimit = o.InFlight
	}
	t := &Target{DatabaseURL: o.DatabaseURL, Options: o}
	if o.DatabaseURL == "" {
		db, err := postgres.Start(ctx, postgres.Options{MaxConnections: connections(o), Keep: o.KeepDB, Say: o.Say})
		if err != nil {
			return nil, err
		}
		t.database, t.DatabaseURL, t.Ended = db, db.URL, db.Done()
	}
	if !o.NoFront {
		if err := t.startFront(ctx); err != nil {
			return nil, errors.Join(err, t.Stop())
		}
	}
	service, err := lambda.Start(lambda.Options{
		FunctionName: o.FunctionName, OtherNames: o.OtherNames, Region: o.Region, Address: o.Address,
		Timeout: o.FunctionTimeout, MemoryMB: memoryMB,
		EnvConcurrency: o.EnvConcurrency, ConcurrencyLimit: o.ConcurrencyLimit,
		Faults: o.Faults, Seed: o.Seed,
		Environment: t.environment(), Log: o.Log, Say: o.Say,
	})
	if err != nil {
		return nil, errors.Join(err, t.Stop())
	}
	t.service, t.Endpoint = service, service.Endpoint()
	if t.Ended != nil {
		go func() { // ends with the database
			<-t.Ended
			service.CutShort()
		}()
	}
	return t, nil
}

// connections returns the most connections to PostgreSQL that the target and its caller
// can have. Without a front each environment has a pool of the size of its
// concurrency.
func connections(o Options) int {
	own := cmp.Or(o.OwnConnections, ownConnections)
	if !o.NoFront {
		return frontConnections + frontBlocks + own
	}
	environments := (o.InFlight + o.EnvConcurrency - 1) / o.EnvConcurrency
	// A retired environment's connections end a little after it was replaced.
	return environments*o.EnvConcurrency + o.EnvConcurrency + own
}

// Kept returns the folder of the database that Stop keeps, and the command that starts it
// again; both are empty if Stop keeps none.
func (t *Target) Kept() (folder, command string) {
	if t.database == nil || !t.Options.KeepDB {
		return "", ""
	}
	return t.database.Folder, t.database.Again()
}

// Database returns the address of PostgreSQL itself, for the caller's own connections.
func (t *Target) Database() address.Address {
	return address.Address{URL: t.DatabaseURL, Own: t.database != nil}
}

// EndFunction ends the Lambda service and its environments, and with them their
// connections to the database.
func (t *Target) EndFunction() error { return t.service.Close() }

// Stop ends everything that Start started.
func (t *Target) Stop() error {
	var errs []error
	if t.service != nil {
		errs = append(errs, t.service.Close())
	}
	if t.Front != nil {
		errs = append(errs, t.Front.Close())
	}
	if t.database != nil {
		errs = append(errs, t.database.Stop())
	}
	return errors.Join(errs...)
}
