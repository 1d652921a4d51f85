package address

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
)

// BenchmarkToken measures the signing that each new connection needs.
func BenchmarkToken(b *testing.B) {
	a := Address{Host: "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws", User: adminUser, Region: "us-east-1"}
	keys := credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "session")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.token(b.Context(), keys); err != nil {
			b.Fatal(err)
		}
	}
}
