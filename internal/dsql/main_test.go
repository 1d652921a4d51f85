package dsql_test

import (
	"os"
	"testing"
	"time"

	"dsql-load-test/internal/postgrestest"
)

// patience bounds every wait; only a failing test takes as long.
const patience = 30 * time.Second

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }
