package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"

	"dsql-load-test/internal/quote/quotetest"
)

// hostileAnswers are the ways in which a function's words get into a run. The other way of
// calling it, streamed or not, isn't served.
func hostileAnswers() map[string]func(http.ResponseWriter, string) {
	encoded := func(v any) []byte {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // texts can be encoded
		}
		return text
	}
	return map[string]func(http.ResponseWriter, string){
		"crash": func(w http.ResponseWriter, text string) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = w.Write(encoded(map[string]string{"errorType": text, "errorMessage": text}))
		},
		"refusal of the function": func(w http.ResponseWriter, text string) {
			_, _ = w.Write(encoded(map[string]any{"statusCode": 500, "body": string(encoded(map[string]any{"success": false, "error": text}))}))
		},
		"refusal of Lambda": func(w http.ResponseWriter, text string) {
			w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write(encoded(map[string]string{"message": text}))
		},
		"stream's crash": func(w http.ResponseWriter, text string) {
			end := map[string]string{"ErrorCode": "Unhandled", "ErrorDetails": string(encoded(map[string]string{"errorType": text, "errorMessage": text}))}
			send(w, eventstreamapi.EventMessageType, eventstreamapi.EventTypeHeader, "InvokeComplete", encoded(end))
		},
		"stream's exception": func(w http.ResponseWriter, text string) {
			send(w, eventstreamapi.ExceptionMessageType, eventstreamapi.ExceptionTypeHeader, "ServiceException", encoded(map[string]string{"Message": text}))
		},
		"no JSON": func(w http.ResponseWriter, text string) { _, _ = w.Write([]byte(text)) },
	}
}

// send answers with a stream of one message.
func send(w http.ResponseWriter, kind, header, name string, payload []byte) {
	w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
	m := eventstream.Message{Payload: payload}
	m.Headers.Set(eventstreamapi.MessageTypeHeader, eventstream.StringValue(kind))
	m.Headers.Set(header, eventstream.StringValue(name))
	_ = eventstream.NewEncoder().Encode(w, m) // the driver complains about what doesn't come
}

// A function that tries to speak through the driver's mouth is quoted.
func TestHostileFunction(t *testing.T) {
	for name, answer := range hostileAnswers() {
		t.Run(name, func(t *testing.T) {
			streamed := strings.HasPrefix(name, "stream")
			endpoint := func(text string) string {
				s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.HasSuffix(r.URL.Path, "/invocations") == streamed {
						http.NotFound(w, r)
						return
					}
					answer(w, text)
				}))
				t.Cleanup(s.Close)
				return s.URL
			}
			hostile, harmless := endpoint(quotetest.Hostile), endpoint(quotetest.Harmless)
			results := map[string]string{}
			for _, format := range []string{"text", "json"} {
				said := map[string]string{}
				for _, url := range []string{hostile, harmless} {
					results[url] = t.TempDir()
					code, stdout, stderr := drive("run", "--endpoint-url", url, "--num-lambdas", "3", "--iterations", "1", "--count", "2", "--warm-up", "1",
						"--telemetry", "off", "--log-format", format, "--out", results[url])
					if code != exitIncomplete {
						t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
					}
					said[url] = stdout + stderr
				}
				quotetest.Clean(t, said[hostile])
				if !strings.Contains(said[hostile], `calc'!A0\x1b[2J`) && !strings.Contains(said[hostile], `calc'!A0\u001b[2J`) && name != "no JSON" {
					t.Errorf("what was hidden isn't shown: %s", said[hostile])
				}
				quotetest.SameLines(t, said[hostile], said[harmless])
			}
			again(t, results[hostile])
		})
	}
}

// again prints what a run left in every form.
func again(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "results_*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("results: %v, %v", files, err)
	}
	commands := [][]string{{"history", "--out", folder}, {"history", "--out", folder, "--json"}}
	for _, format := range []string{"text", "json", "csv", "markdown", "junit", "html"} {
		commands = append(commands, []string{"report", files[0], "--format", format, "--out", "-"})
	}
	for _, format := range []string{"text", "json", "markdown", "html"} {
		commands = append(commands, []string{"compare", files[0], files[0], "--force", "--format", format})
	}
	for _, args := range commands {
		_, stdout, stderr := drive(args...)
		if args[len(args)-1] == "-" && args[3] == "html" { // the chart library has a character of its own
			stdout = stdout[:strings.Index(stdout, "<script>/*!")]
		}
		quotetest.Clean(t, stdout+stderr)
	}
}

// What is wrong with a flag, a variable or a file is said on one line each,
// whatever its name and its value.
func TestHostileArguments(t *testing.T) {
	text := strings.NewReplacer("\x00", "", "/", "").Replace(quotetest.Hostile)
	for name, args := range map[string][]string{
		"flag's value":     {"run", "--target", text},
		"unknown flag":     {"run", "--" + text},
		"unknown command":  {text},
		"number":           {"run", "--num-lambdas", text},
		"folder":           {"history", "--out", text},
		"file":             {"report", text},
		"config":           {"run", "--config", text},
		"threshold":        {"run", "--threshold", text, "--dry-run"},
		"fault":            {"run", "--fault", text},
		"format":           {"report", "x", "--format", text},
		"log format":       {"--log-format", text, "history"},
		"side":             {"compare", text, text},
		"help":             {"help", text},
		"database":         {"run", "--database-url", text},
		"cluster":          {"token", "--cluster", text},
		"role":             {"schema", "--role", text},
		"prices":           {"run", "--prices", text},
		"dry run's region": {"run", "--dry-run", "--region", text, "--function-name", text},
	} {
		t.Run(name, func(t *testing.T) {
			_, stdout, stderr := drive(args...)
			quotetest.Clean(t, stdout+stderr)
			said := stdout + stderr // the begin of a long value, or what comes after an @
			if name == "database" { // nothing is, of what may be a password
				said += `\x1b[2J\x1b]0;title\a\r\nVERDICT: VALID\n`
			}
			if !strings.Contains(said, `\x1b[2J\x1b]0;title\a\r\nVERDICT: VALID\n`) && !strings.Contains(said, `somebody \u202e`) {
				t.Errorf("the value isn't shown: %s%s", stdout, stderr)
			}
			for line := range strings.Lines(stderr) {
				if !strings.HasPrefix(line, "error: ") && !strings.HasPrefix(line, "hint: ") || strings.HasPrefix(line, "hint: forged") {
					t.Errorf("forged: %s", line)
				}
			}
		})
	}
	// A variable of the environment that no command has, and one with a wrong value.
	t.Run("variable", func(t *testing.T) {
		t.Setenv("DSQLLOAD_NUM_LAMBDAS", text)
		t.Setenv("DSQLLOAD_X"+strings.ReplaceAll(text, "=", ""), "1")
		_, _, stderr := drive("run")
		quotetest.Clean(t, stderr)
		quotetest.SameLines(t, stderr, "error\nhint\n")
	})
}

// A command that doesn't exist still has those offered that are meant.
func TestSuggestions(t *testing.T) {
	for _, args := range [][]string{{"rnu"}, {"help", "repotr"}} {
		if _, _, stderr := drive(args...); !strings.HasPrefix(stderr, "error: unknown command ") || !strings.Contains(stderr, "\nhint: did you mean driver r") {
			t.Errorf("%v: %s", args, stderr)
		}
	}
}
