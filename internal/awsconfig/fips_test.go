package awsconfig

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Made-up credentials sign also where Go is held to FIPS 140, which refuses short keys.
func TestMadeUpCredentialsInFIPS(t *testing.T) {
	t.Parallel()
	const debug = "GODEBUG=fips140=only"
	if "GODEBUG="+os.Getenv("GODEBUG") != debug { // it is read at the start of a process
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), debug)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	credentials, err := MadeUpCredentials().Retrieve(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodGet, "http://localhost/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials, request, "", "lambda", "us-east-1", time.Now()); err != nil {
		t.Error(err)
	}
}
