package local

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/worker"
)

// environment are the function's variables beside those that each child has. It
// gets what this target gives it, and of the user's own only what is said here to
// be for the function too.
//
// One thread of Go code is what an environment of this size has on AWS, and
// processes that each try to use every core would take the database's time.
// Collecting less often saves time too; the limit keeps a thousand invocations,
// half a MiB each, within a laptop's memory.
func (t *Target) environment() []string {
	own := []string{"GOMAXPROCS=1", "GOGC=400", fmt.Sprintf("GOMEMLIMIT=%dMiB", 64+t.Options.EnvConcurrency)}
	return slices.Concat(own, settings(), t.exportEnvironment(), t.databaseEnvironment())
}

// settings are the user's variables that are for any function, those whose values it can
// use: the others are for other work, or the driver has told of them.
func settings() []string {
	usable := telemetry.Usable(os.Getenv)
	if level := os.Getenv("LOG_LEVEL"); worker.IsLevel(level) {
		usable = append(usable, "LOG_LEVEL="+level)
	}
	return usable
}

// exportEnvironment is for a function that exports to the user's collector itself:
// how the driver reaches it, and that it isn't the driver.
func (t *Target) exportEnvironment() []string {
	if t.Options.OTLPEndpoint == "" {
		return nil
	}
	return append(append(child.Variables("OTEL_EXPORTER_OTLP_*", "GRPC_*"), child.WayOut()...), "OTEL_EXPORTER_OTLP_ENDPOINT="+t.Options.OTLPEndpoint)
}

// databaseEnvironment are the variables that name the function's database: as they
// are on AWS, or PostgreSQL's URL without a front. To a database of the user's own
// libpq's variables lead as they lead the driver.
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

// awsFilesUnread keep the AWS SDK from reading the user's files and from asking the
// machine: the credentials for the token are among the variables.
func awsFilesUnread() []string {
	return []string{"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true"}
}
