package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manuals are the documents whose commands are looked at.
func manuals(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../docs/*.md")
	if err != nil || len(files) < 5 {
		t.Fatalf("documents %v, %v", files, err)
	}
	return append(files, "../README.md", "../CONTRIBUTING.md")
}

// commandsIn are the calls of the program in a document, as arguments.
func commandsIn(text string) (all [][]string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	call := regexp.MustCompile(`(?m)(?:^ {4,}|&& )(?:go run \./driver|bin/driver|driver) (.*)$`)
	for _, m := range call.FindAllStringSubmatch(text, -1) {
		line, _, _ := strings.Cut(m[1], " #")
		line, _, _ = strings.Cut(line, " && ")
		line, _, _ = strings.Cut(line, " >")
		all = append(all, words(line))
	}
	return all
}

// words cuts a line as a shell does, with something for each variable.
func words(line string) (all []string) {
	line = regexp.MustCompile(`\$\([^)]*\)|\$\{?[A-Z]\w*[^ }]*\}?`).ReplaceAllString(line, "value")
	for _, m := range regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		all = append(all, m[1]+m[2]+m[3])
	}
	return all
}

// Every command in the documents is one that the program understands: its name,
// its flags with their values, and how many arguments it has.
func TestCommandsInDocuments(t *testing.T) {
	seen := 0
	for _, file := range manuals(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, args := range commandsIn(string(text)) {
			seen++
			if err := understood(args); err != nil {
				t.Errorf("%s: driver %s: %v", file, strings.Join(args, " "), err)
			}
		}
	}
	if seen < 30 {
		t.Errorf("%d commands found: the pattern misses some", seen)
	}
	for _, wrong := range []string{"run --num-lambda 5", "runs", "run --count many", "report", "run extra"} {
		if understood(words(wrong)) == nil {
			t.Errorf("driver %s is understood", wrong)
		}
	}
}

func understood(args []string) error {
	root := rootCommand(nil, io.Discard)
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

// Every command's own examples too.
func TestExamplesInHelp(t *testing.T) {
	root := rootCommand(nil, io.Discard)
	root.InitDefaultCompletionCmd()
	var look func(*cobra.Command)
	look = func(cmd *cobra.Command) {
		if cmd.Short == "" {
			t.Errorf("%s has no description", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Example) {
			for _, args := range commandsIn("  " + line) {
				if err := understood(args); err != nil {
					t.Errorf("%s: example %s: %v", cmd.CommandPath(), strings.TrimSpace(line), err)
				}
			}
		}
		for _, c := range cmd.Commands() {
			if c.Name() != "completion" && c.Name() != "help" {
				look(c)
			}
		}
	}
	look(root)
}

// The manual's pages are made for every command.
func TestDocsCommand(t *testing.T) {
	for format, want := range map[string]string{"markdown": "driver_run.md", "man": "driver-run.1"} {
		folder := t.TempDir()
		if code, _, stderr := drive("docs", folder, "--format", format); code != exitComplete {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		page, err := os.ReadFile(filepath.Join(folder, want))
		if err != nil || !strings.Contains(string(page), "threshold") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if code, _, stderr := drive("docs", t.TempDir(), "--format", "pdf"); code != exitUsage || !strings.Contains(stderr, "--format pdf: must be markdown or man") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// Every word of the help is in the pages as a reader sees them: none is taken for
// markup.
func TestNothingIsLostInDocs(t *testing.T) {
	markdown, man := t.TempDir(), t.TempDir()
	for folder, format := range map[string]string{markdown: "markdown", man: "man"} {
		if code, _, stderr := drive("docs", folder, "--format", format); code != exitComplete {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
	}
	for _, page := range []string{filepath.Join(markdown, "driver_completion_bash.md"), filepath.Join(man, "driver-completion-bash.1")} {
		if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "source <(driver completion bash)") {
			t.Errorf("%s spoils cobra's own command: %v", page, err)
		}
	}
	root := rootCommand(nil, io.Discard)
	var look func(*cobra.Command)
	look = func(cmd *cobra.Command) {
		if cmd.Name() == "completion" || cmd.Name() == "help" {
			return // cobra's own
		}
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
		help := []string{cmd.Short, cmd.Long, cmd.Example}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { help = append(help, f.Usage) })
		for page, seen := range map[string]func(string) string{
			filepath.Join(markdown, strings.ReplaceAll(name, "-", "_")+".md"): seenInMarkdown,
			filepath.Join(man, name+".1"):                                     seenInMan,
		} {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Error(err)
				continue
			}
			there := map[string]bool{}
			for _, word := range strings.Fields(seen(string(text))) {
				there[word] = true
			}
			for _, text := range help {
				for _, word := range strings.Fields(text) {
					if !there[word] {
						t.Errorf("%s lacks %s", filepath.Base(page), word)
					}
				}
			}
		}
		for _, c := range cmd.Commands() {
			look(c)
		}
	}
	look(root)
}

// seenInMarkdown is what a reader sees of Markdown: no HTML elements outside code.
func seenInMarkdown(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, "```") {
		if i%2 == 0 {
			part = regexp.MustCompile(`(^|[^\\])<[A-Za-z/!][^>]*>`).ReplaceAllString(part, "$1")
			part = regexp.MustCompile("\\\\([\\\\<*`\\[])").ReplaceAllString(part, "$1")
		}
		b.WriteString(part)
	}
	return b.String()
}

// seenInMan is what a reader sees of a man page, in the escapes that the pages have.
func seenInMan(text string) string {
	text = regexp.MustCompile(`(?m)^\.(SH|PP|EX|EE|TH|nh|RS|RE|TP).*$`).ReplaceAllStringFunc(text, func(line string) string {
		return strings.TrimPrefix(line, ".SH")
	})
	return strings.NewReplacer(`\fB`, "", `\fP`, "", `\fI`, "", `\fR`, "", `\&`, "", `\-`, "-", `\[aq]`, "'", `\(aq`, "'", `\e`, `\`, `\\`, `\`).Replace(text)
}
