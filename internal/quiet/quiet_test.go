package quiet_test

import (
	"log"
	"os"
	"os/exec"
	"strings"
	"testing"

	"google.golang.org/grpc/grpclog"

	_ "dsql-load-test/internal/quiet"
)

// No library writes to stderr, while it is initialised or later. A process of its own
// shows what comes there.
func TestSilent(t *testing.T) {
	const variable = "TEST_SILENT"
	if os.Getenv(variable) != "" {
		log.Print("Go's own")
		grpclog.Error("gRPC's")
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run", "^TestSilent$")
	cmd.Env = append(os.Environ(), variable+"=1", "GRPC_GO_LOG_SEVERITY_LEVEL=info", "GRPC_GO_LOG_VERBOSITY_LEVEL=99", "GRPC_BINARY_LOG_FILTER=geheim/")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil || stderr.String() != "" {
		t.Errorf("%v, stderr %q", err, stderr.String())
	}
}
