package cloudwatch

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		m := Measurement{Log: &log, Now: time.Now}
		start := time.Now()
		to := start.Truncate(time.Minute).Add(-30 * time.Second)
		if err := m.await(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		if want := start.Truncate(time.Minute).Add(Lag); !time.Now().Equal(want) {
			t.Errorf("waited until %v, want %v", time.Now(), want)
		}
		if n := strings.Count(log.String(), "\n"); n != 10 { // 5 minutes
			t.Errorf("%d lines, want 10:\n%s", n, &log)
		}
		if err := m.await(t.Context(), to); err != nil || strings.Count(log.String(), "\n") != 10 {
			t.Errorf("what is ready is waited for: %v\n%s", err, &log)
		}
	})
}
