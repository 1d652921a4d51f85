package sum

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// Whatever the results, the seconds add up to them.
func TestTimelineAddsUp(t *testing.T) {
	for seed := range uint64(60) {
		p, results, _, _ := random(t, seed)
		results[0].ThrottledAt = []time.Time{epoch.Add(-3 * time.Second), epoch}
		s := summarize(t, p, results)
		var sent, cold int64
		for _, r := range results {
			sent += one(!r.Sent.IsZero())
			cold += one(yes(r.Cold()))
		}
		sum := bench.TimelineSecond{ColdStarts: new(int64)}
		for i, second := range s.Timeline {
			sum.Sent += second.Sent
			sum.Ended += second.Ended
			*sum.ColdStarts += *second.ColdStarts
			sum.Throttled += second.Throttled
			sum.InFlight = max(sum.InFlight, second.InFlight)
			from := s.StartedAt.Truncate(time.Second).Add(time.Duration(i) * time.Second)
			if want := inFlightBySampling(results, from); second.InFlight < want {
				t.Errorf("seed %d: at most %d in flight in second %d, found %d", seed, second.InFlight, i, want)
			}
		}
		want := bench.TimelineSecond{Sent: sent, Ended: sent, ColdStarts: &cold, Throttled: 2, InFlight: int64(MostInFlight(results))}
		if diff := cmp.Diff(want, sum); diff != "" || *s.ColdStarts != cold {
			t.Errorf("seed %d: %d cold starts of %d, -want +got\n%s", seed, *s.ColdStarts, cold, diff)
		}
		if want := s.EndedAt.Unix() - s.StartedAt.Unix() + 1; int64(len(s.Timeline)) != want || s.StartedAt.After(epoch.Add(-3*time.Second)) {
			t.Errorf("seed %d: %d seconds from %v, want %d", seed, len(s.Timeline), s.StartedAt, want)
		}
	}
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// inFlightBySampling looks at a second every 10 ms.
func inFlightBySampling(results []bench.Result, from time.Time) (most int64) {
	for at := from; at.Before(from.Add(time.Second)); at = at.Add(10 * time.Millisecond) {
		var n int64
		for _, r := range results {
			n += one(!r.Sent.IsZero() && !r.Sent.After(at) && r.Ended.After(at))
		}
		most = max(most, n)
	}
	return most
}

// Nothing sent has no seconds, and JSON without null.
func TestNothingSent(t *testing.T) {
	p := bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: 1, Iterations: 1, Count: 1}}
	s := summarize(t, p, []bench.Result{{Outcome: bench.NotStarted}})
	if s.Timeline == nil || len(s.Timeline) != 0 || s.Sample == nil || len(s.Sample) != 0 || s.Billed != nil {
		t.Errorf("timeline %v, sample %v, billed %v, want empty ones and none", s.Timeline, s.Sample, s.Billed)
	}
}

func TestSampleKeepsTheEnds(t *testing.T) {
	for _, n := range []int{1, 2, bench.SamplesKept - 1, bench.SamplesKept, bench.SamplesKept + 1, 2*bench.SamplesKept - 1, 7*bench.SamplesKept + 3} {
		p := bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: n, Iterations: 1, Count: 1}}
		results := make([]bench.Result, n)
		for i := range results {
			results[i] = bench.Result{Index: n - 1 - i, Outcome: bench.Unknown, Sent: epoch, Ended: epoch.Add(time.Second)}
		}
		sample := summarize(t, p, results).Sample
		if len(sample) != min(n, bench.SamplesKept) || sample[0].Index != 0 || sample[len(sample)-1].Index != n-1 {
			t.Errorf("%d invocations: %d kept, from %d to %d", n, len(sample), sample[0].Index, sample[len(sample)-1].Index)
		}
		for i := 1; i < len(sample); i++ {
			if step := sample[i].Index - sample[i-1].Index; step < 1 || step > n/bench.SamplesKept+1 {
				t.Fatalf("%d invocations: from %d to %d", n, sample[i-1].Index, sample[i].Index)
			}
		}
	}
}

func TestClockOffset(t *testing.T) {
	for _, c := range []struct {
		name     string
		start    time.Duration // after Sent, of a call that took 100 ms
		duration float64
		want     float64
	}{
		{"within", 20 * time.Millisecond, 60, 0},
		{"just so", 0, 100, 0},
		{"clock behind", -40 * time.Millisecond, 60, 39.999},
		{"clock ahead", 90 * time.Millisecond, 60, 49.999},
	} {
		p := bench.Plan{Scenario: bench.Individual, Load: bench.Load{NumLambdas: 1, Iterations: 1, Count: 1}}
		got := summarize(t, p, []bench.Result{{
			Outcome: bench.Acknowledged, Sent: epoch, Ended: epoch.Add(100 * time.Millisecond),
			Response: &bench.Response{SuccessCount: 1, Statements: &bench.Account{Planned: 1, Acknowledged: 1}, StartedUs: epoch.Add(c.start).UnixMicro(), DurationMs: c.duration},
		}}).ClockOffset
		if got == nil || *got != c.want {
			t.Errorf("%s: %v ms, want %v", c.name, got, c.want)
		}
	}
}
