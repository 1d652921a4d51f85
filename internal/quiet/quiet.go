// Package quiet keeps libraries from writing to stderr by themselves. Their lines
// are no JSON under --log-format json, and may hold a header or a token.
//
// Some write before main does anything: while they are initialised they read a
// variable that they can't use. Of the packages whose imports are ready, Go
// initialises the one with the least import path first. So this package imports
// nothing but what every such library needs too, and comes before all of them.
package quiet

import (
	"io"
	"log"
	"os"
)

func init() {
	log.SetOutput(io.Discard) // what is to be heard of it, the function sends to its own log
	// gRPC reads its level while it is initialised. It knows no "none", and writes nothing then.
	_ = os.Setenv("GRPC_GO_LOG_SEVERITY_LEVEL", "none") // it fails only for a broken name
}
