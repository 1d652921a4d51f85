// Command bootstrap is the load test's AWS Lambda function (custom runtime provided.al2023). It
// inserts the rows that its event asks for into the database that its environment names, and
// answers with the results.
package main

import (
	"os"

	"dsql-load-test/internal/worker"
)

func main() { worker.Serve(os.Getenv) }
