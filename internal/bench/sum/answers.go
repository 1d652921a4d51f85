package sum

import (
	"maps"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// answers adds up what the functions reported.
type answers struct {
	counters
	retried, connectRetries map[string]int64
	environments            map[string]bool
	durations, throughputs  []float64 // of each invocation's loop
	histogram, overhead     *latency.Histogram
	connecting              *latency.Histogram // the part of histogram that opened a connection
	errors                  errorKinds
	slowest                 slowest
	seconds                 seconds
	newest                  int64 // latest second in a timeline, by the functions' clocks
}

// counters holds sums of the fields of bench.Response with these names.
type counters struct{ rowsAffected, attempts, resent, confirmed, storedElsewhere, truncated int64 }

func (c *counters) add(o counters) {
	c.rowsAffected += o.rowsAffected
	c.attempts += o.attempts
	c.resent += o.resent
	c.confirmed += o.confirmed
	c.storedElsewhere += o.storedElsewhere
	c.truncated += o.truncated
}

func newAnswers() answers {
	return answers{
		retried: map[string]int64{}, connectRetries: map[string]int64{}, environments: map[string]bool{},
		histogram: latency.New(), overhead: latency.New(), connecting: latency.New(), errors: errorKinds{}, seconds: seconds{},
	}
}

// addLoop adds what is known only after an invocation ended: its duration.
func (a *answers) addLoop(r *bench.Response) {
	a.durations = append(a.durations, r.DurationMs)
	a.throughputs = append(a.throughputs, r.InsertsPerSecond)
	if r.Truncated {
		a.truncated++
	}
}

// histograms holds the decoded histograms of an answer.
type histograms struct{ overhead, connecting, latency latency.Samples }

// decoded returns the histograms of r up to the first that can't be decoded.
func decoded(r *bench.Response, decoder *latency.Decoder) (h histograms, err error) {
	if r.Overhead != nil {
		if h.overhead, err = decoder.Decode(r.Overhead); err != nil {
			return h, err
		}
	}
	if r.Connecting != nil {
		if h.connecting, err = decoder.Decode(r.Connecting); err != nil {
			return h, err
		}
	}
	if r.Latency != nil {
		h.latency, err = decoder.Decode(r.Latency)
	}
	return h, err
}

func (a *answers) add(index int, r *bench.Response, h histograms) error {
	for _, second := range r.Timeline {
		a.seconds.add(second)
	}
	return a.addCounts(index, r, h)
}

// addCounts adds an answer without its seconds.
func (a *answers) addCounts(index int, r *bench.Response, h histograms) error {
	a.counters.add(counters{r.RowsAffected, r.Attempts, r.Resent, r.Confirmed, r.StoredElsewhere, 0})
	addCounts(a.retried, r.Retried)
	addCounts(a.connectRetries, r.ConnectRetries)
	if r.EnvironmentID != "" {
		a.environments[r.EnvironmentID] = true
	}
	for _, e := range r.Errors {
		e.Message = Shortened(e.Message)
		a.errors.add(errorKind{ErrorCount: e, index: index, kind: e.Kind})
	}
	a.slowest.add(r.Slowest)
	for i := range r.Timeline {
		a.newest = max(a.newest, r.Timeline[i].Unix)
	}
	if err := a.overhead.MergeSamples(h.overhead); err != nil {
		return err
	}
	if err := a.connecting.MergeSamples(h.connecting); err != nil {
		return err
	}
	return a.histogram.MergeSamples(h.latency)
}

// mergeCounts adds o without its seconds.
func (a *answers) mergeCounts(o *answers) {
	a.counters.add(o.counters)
	addCounts(a.retried, o.retried)
	addCounts(a.connectRetries, o.connectRetries)
	maps.Copy(a.environments, o.environments)
	a.durations = append(a.durations, o.durations...)
	a.throughputs = append(a.throughputs, o.throughputs...)
	a.histogram.Merge(o.histogram)
	a.overhead.Merge(o.overhead)
	a.connecting.Merge(o.connecting)
	for _, e := range o.errors {
		a.errors.add(*e)
	}
	a.slowest.add(o.slowest.all)
	a.newest = max(a.newest, o.newest)
}

// seconds holds the timeline by Unix second of the functions' clocks.
type seconds map[int64]*bench.Second

func (s seconds) add(t bench.Second) {
	sum := s[t.Unix]
	if sum == nil {
		sum = &bench.Second{Unix: t.Unix}
		s[t.Unix] = sum
	}
	addSecond(sum, t)
}

// addSecond adds o to s.
func addSecond(s *bench.Second, o bench.Second) {
	s.Statements += o.Statements
	s.Rows += o.Rows
	s.Errors += o.Errors
	s.ErrorKinds = addCounts(s.ErrorKinds, o.ErrorKinds)
	s.Retried = addCounts(s.Retried, o.Retried)
	if s.Latency == nil {
		s.Latency = latency.Sparse{}
	}
	for us, n := range o.Latency {
		s.Latency[us] += n
	}
}
