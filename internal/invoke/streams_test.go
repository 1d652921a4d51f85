package invoke_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// rowsAfter is the account in rows of an invocation of streamPlan of which the first n partial
// answers are known, and no reply.
func rowsAfter(n int) bench.Account {
	return []bench.Account{
		{Planned: 16, Unknown: 16},
		{Planned: 16, Acknowledged: 2, Failed: 2, Unknown: 12},
		{Planned: 16, Acknowledged: 6, Failed: 2, Unknown: 8},
		{Planned: 16, Acknowledged: 8, Failed: 2, Unknown: 6},
	}[n]
}

// whole is the account in rows of an invocation of streamPlan with a reply.
func whole() bench.Account {
	return bench.Account{Planned: 16, Acknowledged: 12, Failed: 2, Unknown: 2}
}

// speaking is one way in which an answer goes.
type speaking struct {
	name  string
	speak func(*speech)
	told  int // partial answers that are believed
	rows  bench.Account
	want  outcome
}

func good(name string, told int, speak func(*speech)) speaking {
	return speaking{name, speak, told, whole(), outcome{Outcome: bench.Acknowledged}}
}

func bad(name string, told int, kind, says string, speak func(*speech)) speaking {
	return speaking{name, speak, told, rowsAfter(told), outcome{Outcome: bench.Unknown, Kind: kind, Error: says}}
}

// complete are answers that have their reply and their end.
func complete() []speaking {
	replied := func(told int, lines func(*speech) string) func(*speech) {
		return func(s *speech) {
			s.chunk(lines(s))
			s.chunk(s.reply())
			s.end("", "")
		}
	}
	return []speaking{
		good("partial answers and the reply", 3, func(s *speech) {
			s.told(3)
			s.chunk(s.reply())
			s.end("", "")
		}),
		good("everything in one chunk", 3, func(s *speech) {
			s.chunk(s.line(1) + s.line(2) + s.line(3) + s.reply())
			s.end("", "")
		}),
		good("everything at once in many events", 3, func(s *speech) {
			var b bytes.Buffer
			for _, text := range []string{s.line(1), s.line(2), s.line(3), s.reply()} {
				b.Write(s.chunkEvent(text))
			}
			b.Write(s.endEvent("", ""))
			s.raw(b.Bytes())
		}),
		good("chunks of one byte", 3, func(s *speech) {
			var b bytes.Buffer
			for _, one := range []byte(s.line(1) + s.line(2) + s.line(3) + s.reply()) {
				b.Write(s.chunkEvent(string(one)))
			}
			b.Write(s.endEvent("", ""))
			s.raw(b.Bytes())
		}),
		good("a reply that ends its line", 1, func(s *speech) {
			s.chunk(s.line(1) + s.reply() + "\n")
			s.end("", "")
		}),
		good("an older function's answer", 0, func(s *speech) {
			s.chunk(s.reply())
			s.end("", "")
		}),
		good("an older function's answer in many lines", 0, func(s *speech) {
			var b bytes.Buffer
			if err := json.Indent(&b, []byte(s.reply()), "", "  "); err != nil {
				s.t.Error(err)
			}
			for line := range strings.Lines(b.String()) {
				s.chunk(line)
			}
			s.end("", "")
		}),
		good("empty lines and empty chunks", 2, func(s *speech) {
			s.chunk("\n" + s.line(1) + "\n\n")
			s.chunk("")
			s.chunk(s.line(2) + "\n" + s.reply() + "\n\n")
			s.end("", "")
		}),
		good("an event of an unknown kind", 1, func(s *speech) {
			s.told(1)
			s.raw(s.event("event", ":event-type", "Heartbeat", []byte("{}")))
			s.chunk(s.reply())
			s.end("", "")
		}),
		good("a repeated line", 3, func(s *speech) {
			s.chunk(s.line(1) + s.line(1) + s.line(2) + s.line(1) + s.line(2) + s.line(3) + s.reply())
			s.end("", "")
		}),
		good("a missing line", 1, replied(1, func(s *speech) string { return s.line(1) + s.line(3) })),
		good("the first line missing", 0, replied(0, func(s *speech) string { return s.line(2) + s.line(3) })),
		good("a line that is no JSON", 1, replied(1, func(s *speech) string { return s.line(1) + bench.PartialPrefix + "2,\"so_far\":{\n" + s.line(2) })),
		good("a line with a wrong type", 1, replied(1, func(s *speech) string {
			return s.line(1) + strings.Replace(s.line(2), `"success_count":6`, `"success_count":"six"`, 1) + s.line(3)
		})),
		good("a line without an account", 1, replied(1, func(s *speech) string {
			return s.line(1) + s.line(2, func(p *bench.Partial) { p.SoFar.Statements = nil }) + s.line(3)
		})),
		good("a line without anything", 1, replied(1, func(s *speech) string {
			return s.line(1) + s.line(2, func(p *bench.Partial) { p.SoFar = nil }) + s.line(3)
		})),
		good("a line of number 0", 1, replied(1, func(s *speech) string {
			return s.line(1) + s.line(2, func(p *bench.Partial) { p.Number = 0 }) + s.line(2)
		})),
		good("a line of a negative number", 1, replied(1, func(s *speech) string {
			return s.line(1) + s.line(2, func(p *bench.Partial) { p.Number = -7 }) + s.line(2)
		})),
		good("a line whose account isn't balanced", 1, replied(1, func(s *speech) string {
			return s.line(1) + s.line(2, func(p *bench.Partial) { p.SoFar.Statements.Acknowledged++ }) + s.line(3)
		})),
		good("a line of another invocation", 1, replied(1, func(s *speech) string {
			return s.line(1) + s.line(2, func(p *bench.Partial) { p.SoFar.Index++ }) + s.line(3)
		})),
		good("a line whose seconds aren't all", 1, replied(1, func(s *speech) string {
			return s.line(1) + s.line(2, func(p *bench.Partial) { p.SoFar.Timeline = nil }) + s.line(3)
		})),
		good("a line whose telemetry lies", 1, replied(1, func(s *speech) string {
			return s.line(1) + s.line(2, func(p *bench.Partial) {
				p.SoFar.Telemetry = &bench.TelemetryReply{Mode: bench.TelemetryRelay, Spans: 3, Points: -1}
			}) + s.line(3)
		})),
		good("a line that repeats a slow statement", 1, replied(1, func(s *speech) string {
			return s.line(1) + s.line(2, func(p *bench.Partial) { p.SoFar.Slowest = append(p.SoFar.Slowest, p.SoFar.Slowest[0]) }) + s.line(3)
		})),
		good("a line that contradicts the one before", 2, replied(2, func(s *speech) string {
			return s.line(1) + s.line(2) + s.line(3, func(p *bench.Partial) { // another statement failed in the first second
				p.SoFar.Failed, p.SoFar.Unknown, p.SoFar.Slowest = bench.Ranges{{0, 1}}, nil, nil
				p.SoFar.Statements.Failed, p.SoFar.Statements.Unknown = 2, 0
				p.SoFar.Errors = []bench.ErrorCount{{Kind: "23505", Statements: 2, Rows: 4}}
			})
		})),
		good("a partial answer after the reply", 2, func(s *speech) {
			s.told(2)
			s.chunk(s.reply() + "\n" + s.line(3))
			s.end("", "")
		}),
	}
}

// incomplete are answers without a reply that can be believed, or without their end.
func incomplete() []speaking {
	const lost, noEnd = "response_lost", "the stream of the answer ended before the answer did"
	return []speaking{
		bad("nothing at all", 0, lost, noEnd, func(s *speech) { s.raw(nil) }),
		bad("no end, after partial answers", 2, lost, noEnd, func(s *speech) { s.told(2) }),
		bad("no end, after the reply", 3, lost, noEnd, func(s *speech) {
			s.told(3)
			s.chunk(s.reply())
		}),
		bad("an end without a reply", 2, "response_not_understood", "response: ", func(s *speech) {
			s.told(2)
			s.end("", "")
		}),
		bad("an end and nothing else", 0, "response_not_understood", "response: ", func(s *speech) { s.end("", "") }),
		bad("half a reply", 2, "response_not_understood", "response: ", func(s *speech) {
			s.told(2)
			reply := s.reply()
			s.chunk(reply[:len(reply)/2])
			s.end("", "")
		}),
		bad("two replies", 2, "response_not_understood", "response: ", func(s *speech) {
			s.told(2)
			s.chunk(s.reply() + "\n" + s.reply())
			s.end("", "")
		}),
		bad("cut in the middle of a line", 2, lost, noEnd, func(s *speech) {
			s.told(2)
			s.chunk(s.line(3)[:40])
			cut(s.t, s.w)
		}),
		bad("cut in the middle of an event", 2, lost, noEnd, func(s *speech) {
			s.told(2)
			s.raw(s.chunkEvent(s.line(3))[:60])
			cut(s.t, s.w)
		}),
		bad("ended in the middle of an event", 2, lost, noEnd, func(s *speech) {
			s.told(2)
			s.raw(s.chunkEvent(s.line(3))[:60])
		}),
		bad("a garbled event", 2, lost, "checksum", func(s *speech) {
			s.told(2)
			garbled := s.chunkEvent(s.line(3))
			garbled[len(garbled)/2] ^= 1
			s.raw(garbled)
			s.chunk(s.reply())
			s.end("", "")
		}),
		bad("HTML in the stream", 1, lost, "", func(s *speech) {
			s.told(1)
			s.raw([]byte("<html>Bad Gateway</html>" + strings.Repeat(" ", 100)))
		}),
		bad("a reply that contradicts the partial answers", 2, "response_not_understood", "contradicts", func(s *speech) {
			s.told(2)
			s.chunk(s.reply(func(r *bench.Response) {
				r.Failed, r.Slowest = bench.Ranges{{0, 1}}, nil
			}))
			s.end("", "")
		}),
		bad("a reply that tells less than the partial answers", 3, "response_not_understood", "contradicts", func(s *speech) {
			s.told(3)
			s.chunk(s.reply(func(r *bench.Response) { *r = *after(s.t, s.inv, 4) }))
			s.end("", "")
		}),
		bad("an original's reply after partial answers", 2, "response_not_understood", "account", func(s *speech) {
			s.told(2)
			s.chunk(`{"statusCode":200,"body":{"success":true,"result":{"success_count":16,"error_count":0,"duration_ms":3,"inserts_per_second":1}}}`)
			s.end("", "")
		}),
		bad("a refusal after partial answers", 2, "function_refused", "status 500: no", func(s *speech) {
			s.told(2)
			var b strings.Builder
			say(&b, 500, bench.ReplyBody{Error: "no", Refused: true})
			s.chunk(b.String())
			s.end("", "")
		}),
		bad("an error in JSON", 2, "Runtime.ExitError", "Runtime.ExitError: Runtime exited", func(s *speech) {
			s.told(2)
			s.end("Unhandled", `{"errorType":"Runtime.ExitError","errorMessage":"Runtime exited"}`)
		}),
		bad("an error in plain text", 2, "Function.ResponseSizeTooLarge", "too much", func(s *speech) {
			s.told(2)
			s.end("Function.ResponseSizeTooLarge", "too much")
		}),
		bad("an error without a word", 2, "Unhandled", "", func(s *speech) {
			s.told(2)
			s.end("Unhandled", "")
		}),
		bad("an error before anything else", 0, "Unhandled", "Task timed out after 3.00 seconds", func(s *speech) {
			s.end("Unhandled", `{"errorMessage":"1 Task timed out after 3.00 seconds"}`)
		}),
		bad("an error after the reply", 3, "Unhandled", "Task timed out after 3.00 seconds", func(s *speech) {
			s.told(3)
			s.chunk(s.reply())
			s.end("Unhandled", `{"errorMessage":"1 Task timed out after 3.00 seconds"}`)
		}),
		bad("a line without end", 2, "response_too_large", "the answer has more than 6291556 bytes", func(s *speech) {
			s.told(2)
			s.endless(bench.PartialPrefix + "3,")
		}),
		bad("a reply without end", 2, "response_too_large", "the answer has more than 6291556 bytes", func(s *speech) {
			s.told(2)
			s.endless(`{"statusCode":200,` + "\n")
		}),
		bad("an exception in the stream", 2, lost, "ServiceException", func(s *speech) {
			s.told(2)
			s.exception("ServiceException")
		}),
		bad("a throttle in the stream", 2, lost, "TooManyRequestsException", func(s *speech) {
			s.told(2)
			s.exception("TooManyRequestsException")
		}),
		bad("an exception before any answer", 0, lost, "TooManyRequestsException", func(s *speech) { s.exception("TooManyRequestsException") }),
		{
			"refused", func(s *speech) {
				var b strings.Builder
				say(&b, 500, bench.ReplyBody{Error: "no", Refused: true})
				s.chunk(b.String())
				s.end("", "")
			},
			0,
			bench.Account{Planned: 16, Failed: 16},
			outcome{Outcome: bench.Failed, Kind: "function_refused", Error: "status 500: no"},
		},
		{
			"unknown function", func(s *speech) {
				refuse(s.w, 404, "ResourceNotFoundException", `{"Message":"Function not found: load"}`)
			},
			0,
			bench.Account{Planned: 16, Failed: 16},
			outcome{Outcome: bench.Failed, Kind: "ResourceNotFoundException", Error: "Function not found: load"},
		},
		{
			"no rights", func(s *speech) { refuse(s.w, 403, "AccessDeniedException", `{"Message":"not authorized"}`) },
			0,
			bench.Account{Planned: 16, Failed: 16},
			outcome{Outcome: bench.Failed, Kind: "AccessDeniedException", Error: "not authorized"},
		},
	}
}

// endless sends a piece and then spaces, more than an answer may have.
func (s *speech) endless(first string) {
	s.chunk(first)
	space := s.chunkEvent(strings.Repeat(" ", 64<<10))
	for range 100 {
		s.raw(space)
	}
	s.end("", "")
}

// Whatever a stream does: the call is made once, the accounts balance, and what was told stays.
func TestStreams(t *testing.T) {
	t.Parallel()
	for _, tc := range append(complete(), incomplete()...) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, wholes := serveStreams(t, tc.speak)
			n := &news{}
			results, s := streamed(context.Background(), t, a.URL, streamPlan(2), patiently, n)
			for _, r := range results {
				tc.want.check(t, r)
				if got := len(n.partial[r.Index]); got != tc.told {
					t.Errorf("invocation %d: %d partial answers were passed on, want %d", r.Index, got, tc.told)
				}
				if tc.want.Outcome == bench.Acknowledged && (r.Report == nil || r.Report.Billed != 20*time.Millisecond) {
					t.Errorf("invocation %d: report %+v", r.Index, r.Report)
				}
			}
			want := tc.rows
			want.Add(tc.rows)
			if s.Rows != want {
				t.Errorf("rows %+v, want %+v", s.Rows, want)
			}
			if diff := cmp.Diff(map[int]int{0: 1, 1: 1}, a.calls()); diff != "" || wholes() != 0 {
				t.Errorf("calls: %s, and %d of Invoke", diff, wholes())
			}
			checkTimeline(t, s)
		})
	}
}

// checkTimeline compares the seconds with the account.
func checkTimeline(t *testing.T, s *bench.Summary) {
	t.Helper()
	var all bench.Second
	for _, second := range s.Timeline {
		all.Statements += *second.Statements
		all.Rows += *second.Rows
	}
	if a := s.Statements; all.Statements != a.Planned-a.NotStarted || all.Rows != s.Rows.Acknowledged {
		t.Errorf("the seconds have %d statements and %d rows, the account has %+v and %d", all.Statements, all.Rows, *a, s.Rows.Acknowledged)
	}
}

// A stream that says nothing more ends by the time-out; what it told stays.
func TestStalledStream(t *testing.T) {
	t.Parallel()
	a, _ := serveStreams(t, func(s *speech) {
		s.told(2)
		s.chunk(s.line(3)[:50])
		<-s.gone
	})
	n := &news{}
	results, s := streamed(context.Background(), t, a.URL, streamPlan(1), 10*time.Second, n)
	outcome{Outcome: bench.Unknown, Kind: "response_lost", Error: "deadline exceeded"}.check(t, results[0])
	if s.Rows != rowsAfter(2) || a.calls()[0] != 1 {
		t.Errorf("rows %+v, want %+v; %d calls", s.Rows, rowsAfter(2), a.calls()[0])
	}
	checkTimeline(t, s)
}

// An interrupted run keeps what its invocations told.
func TestInterruptedStream(t *testing.T) {
	t.Parallel()
	a, _ := serveStreams(t, func(s *speech) {
		s.told(1)
		<-s.gone
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	results, s := streamed(ctx, t, a.URL, streamPlan(1), patiently, &news{onEach: cancel})
	outcome{Outcome: bench.Unknown, Kind: "response_lost", Error: "cancel"}.check(t, results[0])
	if s.Rows != rowsAfter(1) {
		t.Errorf("rows %+v, want %+v", s.Rows, rowsAfter(1))
	}
}

// A call that was throttled is sent again, with a stream again.
func TestThrottledStream(t *testing.T) {
	t.Parallel()
	a, wholes := serveStreams(t, func(s *speech) {
		if s.before == 0 {
			refuse(s.w, 429, "TooManyRequestsException", `{"Reason":"CallerRateLimitExceeded"}`)
			return
		}
		s.told(3)
		s.chunk(s.reply())
		s.end("", "")
	})
	n := &news{}
	results, _ := streamed(context.Background(), t, a.URL, streamPlan(1), patiently, n)
	outcome{Outcome: bench.Acknowledged, Throttles: map[string]int{"CallerRateLimitExceeded": 1}}.check(t, results[0])
	if len(n.partial[0]) != 3 || a.calls()[0] != 2 || wholes() != 0 {
		t.Errorf("%d partial answers, %d calls, %d of Invoke", len(n.partial[0]), a.calls()[0], wholes())
	}
}

// Where only Invoke is served, the client calls that, and doesn't ask for a stream again.
func TestNoStreamServed(t *testing.T) {
	t.Parallel()
	answered := func(status int, contentType, body string) func(*speech) {
		return func(s *speech) {
			s.w.Header().Set("Content-Type", contentType)
			s.w.WriteHeader(status)
			_, _ = io.WriteString(s.w, body)
		}
	}
	for _, tc := range []struct {
		name  string
		speak func(*speech)
	}{
		{"404 in plain text", answered(404, "text/plain; charset=utf-8", "404 page not found\n")},
		{"404 in HTML", answered(404, "text/html", "<html><body>Not Found</body></html>")},
		{"404 with nothing", answered(404, "", "")},
		{"404 in JSON", answered(404, "application/json", `{"message":"no such path"}`)},
		{"404 of another service", func(s *speech) { refuse(s.w, 404, "UnknownOperationException", "{}") }},
		{"405", answered(405, "text/plain", "Method Not Allowed\n")},
		{"501", answered(501, "text/plain", "Not Implemented\n")},
		{"501 in JSON", answered(501, "application/json", `{"message":"not implemented"}`)},
		{"501 with nothing", answered(501, "", "")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, wholes := serveStreams(t, tc.speak)
			p := streamPlan(5)
			p.Concurrency = 1
			results, s := streamed(context.Background(), t, a.URL, p, patiently, &news{})
			for _, r := range results {
				outcome{Outcome: bench.Acknowledged}.check(t, r)
			}
			if s.Rows.Acknowledged != 60 || wholes() != 5 {
				t.Errorf("rows %+v, %d calls of Invoke, want 5", s.Rows, wholes())
			}
			if diff := cmp.Diff(map[int]int{0: 1}, a.calls()); diff != "" {
				t.Errorf("calls with a stream: %s", diff)
			}
		})
	}
}

// A call that may have run isn't sent once more without a stream.
func TestStreamNotRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 500, 502, 503, 504} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			a, wholes := serveStreams(t, func(s *speech) {
				s.w.WriteHeader(status)
				_, _ = io.WriteString(s.w, "<html>no</html>")
			})
			streamed(context.Background(), t, a.URL, streamPlan(1), patiently, &news{})
			if a.calls()[0] != 1 || wholes() != 0 {
				t.Errorf("%d calls with a stream, %d without, want 1 and 0", a.calls()[0], wholes())
			}
		})
	}
}

// A mix of everything, many at once: the accounts still add up to the plan.
func TestStreamMix(t *testing.T) {
	t.Parallel()
	all := append(complete(), incomplete()...)
	a, _ := serveStreams(t, func(s *speech) { all[s.inv.Index%len(all)].speak(s) })
	var want bench.Account
	p := streamPlan(len(all))
	p.Concurrency = 8
	for _, tc := range all {
		want.Add(tc.rows)
	}
	_, s := streamed(context.Background(), t, a.URL, p, patiently, &news{})
	if s.Rows != want {
		t.Errorf("rows %+v, want %+v", s.Rows, want)
	}
	checkTimeline(t, s)
}
