package local

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/worker"
)

// environment returns the function's variables, beside those that every child process
// gets: this target's own, and the user's that are meant for the function.
//
// On AWS a function of this size has about one core, so Go code of one invocation runs in
// one thread. An environment that stands for many uses all cores. Collecting garbage less
// often saves time too, below a limit.
func (t *Target) environment() []string {
	own := []string{"GOGC=400", fmt.Sprintf("GOMEMLIMIT=%dMiB", memoryLimit(&t.Options)>>20)}
	if t.Options.EnvConcurrency == 1 {
		own = append(own, "GOMAXPROCS=1")
	}
	return slices.Concat(own, settings(), t.exportEnvironment(), t.databaseEnvironment())
}

// memoryLimit returns the bytes of memory from which an environment collects garbage more
// often: about twice what its invocations use at once, most of it for a statement's events
// and parameters.
func memoryLimit(o *Options) int {
	const process, least, invocation, row = 64 << 20, 512 << 10, 256 << 10, 3 << 10
	rows := cmp.Or(o.Rows, bench.MaxTransactionRows)
	return process + o.EnvConcurrency*max(least, invocation+rows*row)
}

// settings returns the user's variables that any function reads, if their values are
// valid. The driver has reported the others.
func settings() []string {
	usable := telemetry.Usable(os.Getenv)
	if level := os.Getenv("LOG_LEVEL"); worker.IsLevel(level) {
		usable = append(usable, "LOG_LEVEL="+level)
	}
	return usable
}

// exportEnvironment returns the variables with which a function exports to the user's
// collector itself: those that the driver would use.
func (t *Target) exportEnvironment() []string {
	if t.Options.OTLPEndpoint == "" {
		return nil
	}
	return append(append(child.Variables("OTEL_EXPORTER_OTLP_*", "GRPC_*"), child.WayOut()...), "OTEL_EXPORTER_OTLP_ENDPOINT="+t.Options.OTLPEndpoint)
}

// databaseEnvironment returns the variables of the function's database: those that it
// has on AWS, or PostgreSQL's URL if there is no front. For the user's own database the
// function gets libpq's variables too, like the driver.
func (t *Target) databaseEnvironment() []string {
	switch {
	case t.Front == nil && t.Options.DatabaseURL == "":
		return []string{"DATABASE_URL=" + t.DatabaseURL}
	case t.Front == nil:
		return slices.Concat(address.ClientVariables(), child.Certificates(), []string{"DATABASE_URL=" + t.DatabaseURL})
	}
	return append(append(t.Credentials(), awsFilesUnread()...),
		"AURORA_DSQL_ENDPOINT="+t.Front.Host(), "AURORA_DSQL_PORT="+strconv.Itoa(t.Front.Port()),
		"DATABASE_NAME=postgres", "IAM_USERNAME="+frontUser, "DSQL_ROOT_CERTIFICATE="+t.Front.CA())
}

// awsFilesUnread returns variables that keep the AWS SDK from reading the user's files
// and from asking the machine for credentials. The variables have them already.
func awsFilesUnread() []string {
	return []string{"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true"}
}
