package lambda_test

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"dsql-load-test/internal/eventually"
)

func TestLogTail(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	tail := func() string {
		out, err := f.send("load", order{Do: "stderr", Text: "a word on stderr"}, types.LogTypeTail)
		if err != nil {
			t.Fatal(err)
		}
		text, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	report := regexp.MustCompile(`(?m)^REPORT RequestId: [0-9a-f-]{36}\tDuration: (\d+\.\d\d) ms\tBilled Duration: (\d+) ms\t` +
		`Memory Size: 256 MB\tMax Memory Used: \d+ MB(?:\tInit Duration: (\d+\.\d\d) ms)?\t$`)
	number := func(text string) float64 { // 0 of none
		n, _ := strconv.ParseFloat(text, 64)
		return n
	}
	for _, tc := range []struct {
		name     string
		withInit bool
	}{{"cold", true}, {"warm", false}, {"warm again", false}} {
		t.Run(tc.name, func(t *testing.T) {
			text := tail()
			lines := report.FindAllStringSubmatch(text, -1)
			if len(lines) != 1 || (lines[0][3] != "") != tc.withInit {
				t.Fatalf("want one REPORT line, Init Duration in it: %v; got\n%s", tc.withInit, text)
			}
			// INIT is billed; the parts are rounded to a hundredth each.
			if over := number(lines[0][2]) - number(lines[0][1]) - number(lines[0][3]); over < -0.02 || over > 1.02 {
				t.Errorf("billed %.2f ms more than it took: %s", over, lines[0][0])
			}
		})
	}
	// The environment's output comes by a pipe of its own, perhaps a moment later.
	eventually.True(t, "the tail holds what the function wrote", func() bool { return strings.Contains(tail(), "\na word on stderr\n") })

	out, err := f.try(order{Do: "echo"})
	if err != nil || out.LogResult != nil {
		t.Errorf("log %q, error %v, want no log unasked", aws.ToString(out.LogResult), err)
	}
}

func TestLogTailIsBounded(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	out, err := f.send("load", order{Do: "stderr", Text: strings.Repeat("word ", 10_000)}, types.LogTypeTail)
	if err != nil {
		t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	if err != nil || len(text) > 4096 || !strings.Contains(string(text), "REPORT RequestId: ") {
		t.Errorf("%d bytes of log, error %v, want at most 4096 with the REPORT line", len(text), err)
	}
}
