package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

// docsCommand writes the help of all commands to files.
func docsCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "docs FOLDER",
		Short:   "Write the help of every command as markdown or man pages",
		Example: "  driver docs --format man ~/.local/share/man/man1",
		Args:    oneArgument("FOLDER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, known := map[string]func(*cobra.Command, string) error{
				"markdown": doc.GenMarkdownTree,
				"man": func(c *cobra.Command, folder string) error {
					return doc.GenManTree(c, &doc.GenManHeader{Title: "DRIVER", Section: "1", Source: "dsql-load-test"}, folder)
				},
			}[format]
			if !known {
				return usage(fmt.Errorf("--format %s: must be markdown or man", format))
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return usage(err)
			}
			// The help is made from the commands themselves, so it can't be out of date.
			root := cmd.Root()
			root.DisableAutoGenTag = true // the files change with the flags only
			asMarkdown(root, format == "man")
			return write(root, args[0])
		},
	}
	cmd.Flags().StringVar(&format, "format", "markdown", "markdown or man")
	return cmd
}

// asMarkdown escapes the help of cmd and its commands, which is plain text: cobra prints it as
// Markdown, where <FLAG> would be an invisible HTML element. usages: it also prints the flags'
// help as Markdown.
func asMarkdown(cmd *cobra.Command, usages bool) {
	cmd.Short, cmd.Long = escaped(cmd.Short), paragraphs(cmd.Long)
	if usages {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { f.Usage = escaped(f.Usage) })
	}
	for _, c := range cmd.Commands() {
		asMarkdown(c, usages)
	}
}

// paragraphs returns plain text as Markdown; indented lines become code.
func paragraphs(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "\t") {
			lines[i] = "    " + line // code
		} else {
			lines[i] = escaped(line)
		}
	}
	return strings.Join(lines, "\n")
}

// escaped returns plain text of one line as Markdown.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, "<", `\<`, "*", `\*`, "`", "\\`", "[", `\[`).Replace(text)
}
