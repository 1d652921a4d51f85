package doctor

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/figure"
)

// exam asks each question once, when the first check needs the answer. The functions
// remember their results.
type exam struct {
	o        Options
	access   func() (access, error)
	identity func() (*sts.GetCallerIdentityOutput, error)
	function func() (*lambda.GetFunctionConfigurationOutput, error)
	reserved func() (*int32, error) // nil if the function has no reserved concurrency
	limit    func() (*types.AccountLimit, error)
	address  func() (address.Address, error)
	reach    func() (address.Address, error)
	login    func() (session, error)

	mu sync.Mutex // guards db
	db *dsql.DB   // to be closed; nil if there was no login
}

// access is what requests to AWS need.
type access struct {
	config      aws.Config
	credentials aws.Credentials
}

// session is a login to the database.
type session struct {
	db      *dsql.DB
	version string
}

// blocked is the error of a question that can't be asked because by is missing.
type blocked struct{ by string }

func (b *blocked) Error() string { return "not looked at without " + b.by }

func newExam(ctx context.Context, o Options) *exam {
	e := &exam{o: o}
	nothing := func() (struct{}, error) { return struct{}{}, nil }
	e.access = after(ctx, o.Deadline, "", nothing, func(ctx context.Context, _ struct{}) (access, error) { return e.askCredentials(ctx) })
	e.identity = after(ctx, o.Deadline, "credentials", e.access, e.askIdentity)
	e.function = after(ctx, o.Deadline, "credentials", e.access, e.askFunction)
	e.reserved = after(ctx, o.Deadline, "credentials", e.access, e.askReserved)
	e.limit = after(ctx, o.Deadline, "credentials", e.access, e.askLimit)
	e.address = sync.OnceValues(e.findAddress)
	e.reach = after(ctx, o.Deadline, "an address", e.address, func(ctx context.Context, a address.Address) (address.Address, error) {
		return a, address.Reach(ctx, a)
	})
	e.login = after(ctx, o.Deadline, "a connection", e.reach, e.askLogin)
	return e
}

// after returns a function that asks a question once, after the answer that it needs is
// there. If that one is an error, the question is blocked by named. The deadline begins when
// the question is asked.
func after[N, T any](ctx context.Context, deadline time.Duration, named string, needs func() (N, error), ask func(context.Context, N) (T, error)) func() (T, error) {
	return sync.OnceValues(func() (T, error) {
		needed, err := needs()
		if err != nil {
			var none T
			return none, &blocked{named}
		}
		ctx, cancel := context.WithTimeout(ctx, deadline)
		defer cancel()
		return ask(ctx, needed)
	})
}

func (e *exam) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.db != nil {
		e.db.Close()
	}
}

// explicit reports whether a database for the driver itself was given.
func (e *exam) explicit() bool { return e.o.Database != (address.Address{}) }

// count prints n with thousands grouped.
func count[N int | int32](n N) string { return figure.Count(int64(n)) }
