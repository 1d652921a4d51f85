package main

import (
	"os/exec"
	"strings"
	"testing"
)

// forbidden are modules, packages and folders of packages that only the driver needs: the
// function would be larger and start slower with them.
func forbidden() []string {
	return []string{
		"charm.land", "github.com/charmbracelet", "github.com/shirou", "github.com/spf13", "github.com/aclements", "golang.org/x/perf",
		"github.com/aws/aws-sdk-go-v2/service/cloudwatch", "github.com/aws/aws-sdk-go-v2/service/dsql", "github.com/aws/aws-sdk-go-v2/service/lambda",
		"dsql-load-test/driver", "dsql-load-test/internal/accounts", "dsql-load-test/internal/cloudwatch", "dsql-load-test/internal/compare",
		"dsql-load-test/internal/cost", "dsql-load-test/internal/doctor", "dsql-load-test/internal/figure", "dsql-load-test/internal/invoke",
		"dsql-load-test/internal/local", "dsql-load-test/internal/machine", "dsql-load-test/internal/report", "dsql-load-test/internal/screen",
		"dsql-load-test/internal/telemetry/relay", "dsql-load-test/internal/verify", "dsql-load-test/schema", "testing",
	}
}

// The function has nothing linked in that only the driver needs.
func TestNothingOfTheDriver(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.Fields(string(out))
	if len(linked) < 100 {
		t.Fatalf("only %d packages: %s", len(linked), out)
	}
	for _, path := range linked {
		for _, not := range forbidden() {
			if path == not || strings.HasPrefix(path, not+"/") {
				t.Errorf("%s is linked into the function", path)
			}
		}
	}
}
