package doctor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
)

// exam asks each question once, when the first check needs the answer.
type exam struct {
	o        Options
	access   func() (access, error)
	identity func() (*sts.GetCallerIdentityOutput, error)
	function func() (*lambda.GetFunctionConfigurationOutput, error)
	reserved func() (*int32, error) // nil when the function has none
	limit    func() (*types.AccountLimit, error)
	address  func() (address.Address, error)
	reach    func() (address.Address, error)
	login    func() (session, error)

	mu sync.Mutex
	db *dsql.DB // to be closed; nil when there was no login
}

// access is what AWS is asked with.
type access struct {
	config      aws.Config
	credentials aws.Credentials
}

// session is a login at the database.
type session struct {
	db      *dsql.DB
	version string
}

// blocked: a question wasn't asked, since another's answer is missing.
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

// after asks once, when the answer it needs is there; named is what is missing
// otherwise. The deadline begins only then.
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

// explicit: somebody named a database for the driver itself.
func (e *exam) explicit() bool { return e.o.Database != (address.Address{}) }

// count is n with a comma before each three digits.
func count[N int | int32 | int64](n N) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
