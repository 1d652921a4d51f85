package quote

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/quote/quotetest"
)

func TestLine(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"as it is", `C:\x — "naïve" 漢字 😀`, `C:\x — "naïve" 漢字 😀`},
		{"controls", "a\x1b[2J\a\r\n\tb\x00\x7f", `a\x1b[2J\a\r\n\tb\x00\x7f`},
		{"C1", "\u0085\u009b", `\u0085\u009b`},
		{"separators and formats", "\u2028\u2029\u202e\u200b\ufeff\U000e0001", `\u2028\u2029\u202e\u200b\ufeff\U000e0001`},
		{"quotes", "'\x01'", `'\x01'`},
		{"not UTF-8", "a\xffb\xc3", `a\xffb\xc3`},
		{"replacement", "\ufffd", "\ufffd"},
		{"not a character", "\ufffe", `\ufffe`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Line(tc.text)
			if got != tc.want || Line(got) != got {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestLineEnds(t *testing.T) {
	for _, n := range []int{longest - 1, longest, longest + 1, longest + 2, 1 << 20} {
		text := strings.Repeat("ä", n)[1:] // not UTF-8 at the begin, and cut within a character or not
		got := Line(text)
		if len(got) > longest+40 || strings.Count(got, `\x`) != 1 {
			t.Errorf("of %d bytes: %d, %q", len(text), len(got), got[max(0, len(got)-40):])
		}
	}
}

type part struct {
	Text string
	At   time.Time
	any  string
}

func TestCopy(t *testing.T) {
	type whole struct {
		Map   map[string]*part
		List  []part
		Any   any
		Nil   *part
		Empty []string
	}
	at := time.Now()
	in := whole{Map: map[string]*part{"\n": {Text: "\t", At: at, any: "\n"}, `\n`: {Text: "x"}}, List: []part{{Text: "\n"}}, Any: "\n"}
	got := Copy(&in)
	want := &whole{Map: map[string]*part{`\n`: {Text: `\t`, At: at, any: "\n"}, `\n'`: {Text: "x"}}, List: []part{{Text: `\n`}}, Any: `\n`}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(part{})); diff != "" {
		t.Error(diff)
	}
	if in.Map["\n"].Text != "\t" || in.List[0].Text != "\n" || in.Any != "\n" {
		t.Errorf("what was copied has changed: %+v", in)
	}
}

func TestMessages(t *testing.T) {
	outside := errors.New("api error X:\nhint: forged\nerror: forged")
	file := &fs.PathError{Op: "open", Path: "a\nhint: b", Err: fs.ErrNotExist}
	err := fmt.Errorf("--out: %w", errors.Join(Hint(fmt.Errorf("first: %w", outside), "do %s", "x\ny"), file))
	err = Hint(fmt.Errorf("%w (twice)", err), "at last")
	want := []Message{
		{`--out: first: api error X:\nhint: forged\nerror: forged`, false},
		{`do x\ny`, true},
		{`open a\nhint: b: file does not exist (twice)`, false},
		{"at last", true},
	}
	if diff := cmp.Diff(want, Messages(err)); diff != "" {
		t.Error(diff)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("it is no longer what it was")
	}
	if got, want := OneLine(Hint(outside, "no")), `api error X:\nhint: forged\nerror: forged; hint: no`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestMarkdown(t *testing.T) {
	got := Markdown("a|b <x> [c](d) `e` *f* _g_ ~h~ https://i @j www.k \\ &\n#")
	want := "a\\|b &lt;x> \\[c](d) \\`e\\` \\*f\\* \\_g\\_ \\~h\\~ https&#58;//i &#64;j www&#46;k \\\\ &amp;\\\\n#"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestMarkdownLink(t *testing.T) {
	for address, want := range map[string]string{
		"http://h/a?b=(c)|<d>": "[x](http://h/a?b=%28c%29%7C%3Cd%3E)", "javascript:alert(1)": "x", "//h/a": "x", "data:text/html,x": "x", "": "x",
		"https://h/\u202ea": "x", "https:h": "x", "HTTPS://h": "[x](HTTPS://h)",
	} {
		if got := MarkdownLink("x", address); got != want {
			t.Errorf("%q: %s, want %s", address, got, want)
		}
	}
}

func TestCell(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "a", "12": "12", "-1.5": "-1.5", "+3e-5": "+3e-5", "=1+1": "'=1+1", "-1+1": "'-1+1", "@x": "'@x", "+Inf": "'+Inf", "-": "'-", "\t=1": `\t=1`, "\r": `\r`,
	} {
		if got := Cell(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestJSONWriter(t *testing.T) {
	text := strings.ToValidUTF8(quotetest.Hostile, "") + "\U000e0001"
	var b bytes.Buffer
	if err := json.NewEncoder(JSONWriter(&b)).Encode(text); err != nil {
		t.Fatal(err)
	}
	quotetest.Clean(t, b.String())
	var back string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back != text {
		t.Errorf("%v: %q, want %q", err, back, text)
	}
}

func TestLogWriter(t *testing.T) {
	t.Parallel()
	var got []string
	l := log.New(LogWriter(func(text string) { got = append(got, text) }), "", 0)
	l.Print("http: panic serving 127.0.0.1:1: boom\ngoroutine 1")
	l.Print("dial http://me:geheim@h:1: no")
	if diff := cmp.Diff([]string{"http: panic serving 127.0.0.1:1: boom\ngoroutine 1", "dial http://...@h:1: no"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
