// Package quiet keeps libraries from writing to stderr themselves. Their lines aren't JSON
// under --log-format json, and may contain a header or a token.
//
// Some libraries write before main starts: when they are initialised they complain about a
// variable with an invalid value. Among the packages whose imports are initialised, Go
// initialises the one with the smallest import path next. So this package imports only
// packages that every such library imports too, and comes before all of them.
package quiet

import (
	"io"
	"log"
	"os"
)

func init() {
	log.SetOutput(io.Discard) // the function redirects it to its own log later
	// gRPC reads its level during initialisation. It doesn't know "none" and writes nothing then.
	_ = os.Setenv("GRPC_GO_LOG_SEVERITY_LEVEL", "none") // fails only for an invalid name
}
