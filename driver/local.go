package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/local/lambda"
	"dsql-load-test/internal/local/scratch"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/run"
	"dsql-load-test/internal/secret"
)

// localCommand runs the local target alone. A run starts the same target itself; this is for
// other clients: the AWS CLI, SDKs, psql.
func localCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f flags
	var service serviceFlags
	cmd := &cobra.Command{
		Use:   "local",
		Short: "Keep the local target up until Ctrl-C",
		Long: `Start a throwaway PostgreSQL and the local Lambda service and keep them up. Any
AWS SDK or CLI can invoke the function at the endpoint that is printed, with any
credentials.

The function's name is dsql-load-test-lambda. Each --function-name is another name of
the same function, with the same environments.

--dsql prints how a PostgreSQL client connects to the DSQL front, a proxy before that
PostgreSQL with DSQL's login (TLS and an IAM token), rules and limits.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(f.Take(lookup), f.checkLocal(cmd.Flags(), &service)); err != nil {
				return usage(err)
			}
			return f.serve(cmd, &service)
		},
	}
	f.addFor(cmd.Flags(), setting.Local)
	service.add(cmd.Flags())
	return cmd
}

// serve keeps the local target up until it is interrupted.
func (f *flags) serve(cmd *cobra.Command, service *serviceFlags) (err error) {
	// What is opened here is closed in reverse order when serve returns. The certificate comes
	// first, because the target writes it.
	certificates, remove, err := certificateFolder(service.dsql)
	if err != nil {
		return usage(err)
	}
	defer func() { err = errors.Join(err, remove()) }()
	_, drain, stop := interruptible(cmd.Context(), cmd.ErrOrStderr())
	defer stop()
	database, err := f.databaseURL(drain, cmd.ErrOrStderr())
	if err != nil {
		return usage(quote.Each(setting.Named(cmd.Flags(), "database-url"), err))
	}
	o := service.options(&f.Values, cmd.ErrOrStderr())
	o.DatabaseURL, o.CertificateFolder = database, certificates
	target, err := local.Start(drain, o)
	if err != nil {
		return usage(err)
	}
	defer func() { err = errors.Join(err, target.Stop()) }()
	// A run would create the table; other clients of the function expect it to be there.
	if err := makeTable(drain, target); err != nil {
		return usage(err)
	}
	service.describe(cmd.OutOrStdout(), target)
	<-drain.Done()
	return nil
}

// options returns those of a run with the default configuration, changed by the flags.
func (f *serviceFlags) options(v *setting.Values, log io.Writer) local.Options {
	c := bench.Defaults()
	o := run.LocalOptions(v, &c)
	o.OtherNames, o.InFlight = f.functionNames, f.inFlight
	o.FrontAddress, o.Address = fmt.Sprintf("127.0.0.1:%d", f.dsqlPort), fmt.Sprintf("127.0.0.1:%d", f.port)
	o.Log, o.Say = log, func(text string) { fmt.Fprintln(log, text) }
	return o
}

// makeTable creates the table in the target's database.
func makeTable(ctx context.Context, target *local.Target) error {
	db, err := dsql.OpenObserved(ctx, target.Database(), 1, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Table().Ensure(ctx)
}

// describe prints how to use the target.
func (f *serviceFlags) describe(w io.Writer, target *local.Target) {
	d := bench.Defaults()
	fmt.Fprintf(w, `Lambda endpoint: %s
Function names:  %s
Database:        %s

  aws lambda invoke --endpoint-url %s --region %s --function-name %s \
      --cli-binary-format raw-in-base64-out --payload '{"scenario":"batch","count":100}' /dev/stdout

Ctrl-C ends both.
`, quote.Args(target.Endpoint, f.served(d.FunctionName), secret.Address(target.DatabaseURL), target.Endpoint, d.Region, d.FunctionName)...)
	if f.dsql {
		describeDSQL(w, target, d.Region)
	}
}

// databaseURL checks the database that the flags name, and returns the URL that the function
// uses for it; empty if they name none.
func (f *flags) databaseURL(ctx context.Context, log io.Writer) (url string, err error) {
	if f.DatabaseURL == "" {
		return "", nil
	}
	db, err := dsql.Open(ctx, f.DatabaseURL, 1)
	if err != nil {
		return "", err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(ctx, run.CheckTimeout)
	defer cancel()
	if _, err := db.Ping(ctx); err != nil {
		return "", err
	}
	// The front can't work behind a pooler: it needs connections of the server itself.
	if f.Front == "on" {
		return db.FunctionURL(), db.Pooler().BeforeFront()
	}
	if note := db.PoolerNote(); note != "" {
		fmt.Fprintf(log, "note: %s\n", note)
	}
	return db.FunctionURL(), nil
}

// serviceFlags are the flags that driver local has besides those of a local run.
type serviceFlags struct {
	functionNames            []string
	port, inFlight, dsqlPort int
	dsql                     bool
}

// add adds the flags. The defaults of the ports, 0, let several of these commands run at once.
func (f *serviceFlags) add(s *pflag.FlagSet) {
	s.Var(setting.List(&f.functionNames), "function-name", "a further name or ARN by which the function is served, repeatable or separated by commas; "+bench.Defaults().FunctionName+" always is one")
	s.Var(setting.Integer(&f.port), "port", "port of the Lambda service; 0 is a free one")
	f.inFlight = 1000
	s.Var(setting.Integer(&f.inFlight), "max-in-flight", "invocations at once that it must be able to take")
	s.BoolVar(&f.dsql, "dsql", false, "print how PostgreSQL clients connect to the DSQL front")
	s.Var(setting.Integer(&f.dsqlPort), "dsql-port", "port of the DSQL front; 0 is a free one")
}

// served returns all names of the function, each once. own is the first.
func (f *serviceFlags) served(own string) string {
	all := []string{own}
	for _, name := range f.functionNames {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}

// checkLocal checks the flags of driver local. It reports all faults at once.
func (f *flags) checkLocal(s *pflag.FlagSet, service *serviceFlags) error {
	all := faultsOf(s)
	f.checkLocalTarget(all)
	for _, name := range service.functionNames {
		all.must(lambda.ValidName(name), "function-name", name, "a Lambda function's name (1 to 64 letters, digits, - and _) or ARN, with a version or alias or without")
	}
	all.must(service.port >= 0 && service.port <= 65535, "port", service.port, "0 to 65535")
	all.must(service.dsqlPort >= 0 && service.dsqlPort <= 65535, "dsql-port", service.dsqlPort, "0 to 65535")
	all.must(service.inFlight >= 1 && service.inFlight <= 20000, "max-in-flight", service.inFlight, "1 to 20000")
	if service.dsql && f.Front == "off" {
		all.add("dsql", "", errors.New("needs --front on"))
	}
	all.must(!f.KeepDB || f.DatabaseURL == "" || !setting.Typed(s, "keep-db"), "keep-db", f.KeepDB, "left out with "+setting.Named(s, "database-url")+", where it has no effect")
	return all.err()
}

// certificateFolder creates the folder for the front's certificate, for other clients. It is
// removed when this process ends, also if it is killed. Unless wanted there is none.
func certificateFolder(wanted bool) (path string, remove func() error, err error) {
	if !wanted {
		return "", func() error { return nil }, nil
	}
	folder, err := scratch.Make("dsqlload-certificate-")
	if err != nil {
		return "", nil, err
	}
	return folder.Path, folder.Remove, nil
}

// describeDSQL prints what a client needs to connect to the front.
func describeDSQL(w io.Writer, t *local.Target, region string) {
	fmt.Fprintf(w, `
DSQL front: %s, port %d, database postgres, user admin or any other
`, t.Front.Host(), t.Front.Port())
	self, err := os.Executable()
	if err != nil {
		self = "driver"
	}
	for _, variable := range t.Credentials() {
		fmt.Fprintf(w, "  export %s\n", variable)
	}
	fmt.Fprintf(w, `  export PGSSLROOTCERT=%s PGSSLMODE=verify-full
  PGPASSWORD=$(%s token --cluster %s --region %s) psql -h %s -p %d -U admin postgres
`, quote.Args(quote.Path(t.Front.CAFile()), quote.Path(self), t.Front.Host(), region, t.Front.Host(), t.Front.Port())...)
}
