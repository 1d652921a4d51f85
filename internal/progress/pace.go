package progress

import (
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/screen"
)

const (
	// paceCounted is how far back "now" reaches when rows are counted as they
	// are written; paceAnswered when they come in lumps, with the answers.
	paceCounted  = 5 * time.Second
	paceAnswered = 10 * time.Second
)

// pace remembers how many rows there were in the last seconds.
type pace struct {
	samples []paceSample // ascending, the first at least paceAnswered old when there are such
}

type paceSample struct {
	at   time.Time
	rows int64
}

func (p *pace) add(at time.Time, rows int64) {
	p.samples = append(p.samples, paceSample{at, rows})
	drop := 0
	for drop+1 < len(p.samples) && at.Sub(p.samples[drop+1].at) >= paceAnswered {
		drop++
	}
	p.samples = p.samples[drop:]
}

// recent is how many rows came in which time. The time is 0 when it can't be
// told: nothing was heard, or what is counted comes in lumps and none came.
func (p *pace) recent(now time.Time, counted bool) (rows int64, window time.Duration) {
	reach := paceAnswered
	if counted {
		reach = paceCounted
	}
	if len(p.samples) == 0 {
		return 0, 0
	}
	last := p.samples[len(p.samples)-1]
	if now.Sub(last.at) > reach {
		return 0, 0
	}
	first := last
	for i := len(p.samples) - 1; i >= 0 && last.at.Sub(first.at) < reach; i-- {
		first = p.samples[i]
	}
	if rows = last.rows - first.rows; rows == 0 && !counted {
		return 0, 0
	}
	return rows, last.at.Sub(first.at)
}

// statements are the latencies that invocations answered with.
type statements struct {
	all     *latency.Histogram
	newest  int64                    // second, by the functions' clocks
	seconds map[int64]latency.Sparse // the last screen.WindowSeconds before newest
	cached  screen.Percentiles       // of seconds
	changed bool
	decoder *latency.Decoder
}

func newStatements() statements {
	return statements{all: latency.New(), seconds: map[int64]latency.Sparse{}, decoder: &latency.Decoder{}}
}

func (s *statements) add(r *bench.Response) {
	s.addTotal(r)
	for _, second := range r.Timeline {
		s.newest = max(s.newest, second.Unix)
	}
	for _, second := range r.Timeline {
		if second.Unix <= s.newest-screen.WindowSeconds {
			continue
		}
		if s.seconds[second.Unix] == nil {
			s.seconds[second.Unix] = latency.Sparse{}
		}
		for us, n := range second.Latency {
			s.seconds[second.Unix][us] += n
		}
		s.changed = true
	}
}

// addTotal takes the seconds' latencies, which cost a tenth of decoding the
// histogram, when they are all that there are.
func (s *statements) addTotal(r *bench.Response) {
	if r.Latency == nil {
		return
	}
	var timed int64
	for _, second := range r.Timeline {
		timed += second.Latency.Count()
	}
	if timed == r.Latency.Count {
		for _, second := range r.Timeline {
			s.all.MergeSparse(second.Latency)
		}
		return
	}
	_ = s.decoder.MergeSnapshot(s.all, r.Latency) // an answer with one that can't be read isn't used
}

// recent is of the last seconds that were heard of.
func (s *statements) recent() screen.Percentiles {
	if !s.changed {
		return s.cached
	}
	h := latency.New()
	for unix, of := range s.seconds {
		if unix <= s.newest-screen.WindowSeconds {
			delete(s.seconds, unix)
			continue
		}
		h.MergeSparse(of)
	}
	s.changed, s.cached = false, percentiles(h)
	return s.cached
}

func (s *statements) total() screen.Percentiles { return percentiles(s.all) }

func percentiles(h *latency.Histogram) screen.Percentiles {
	p := screen.Percentiles{Samples: h.Count()}
	if p.Samples > 0 {
		p.P50, p.P99 = h.Percentile(50), h.Percentile(99)
	}
	return p
}
