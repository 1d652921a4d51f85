package address_test

import (
	"os"
	"testing"

	"dsql-load-test/internal/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }
