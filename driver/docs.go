package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// docsCommand writes the help of all commands as files.
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
			root := cmd.Root()
			root.DisableAutoGenTag = true // the files change with the flags only
			return write(root, args[0])
		},
	}
	cmd.Flags().StringVar(&format, "format", "markdown", "markdown or man")
	return cmd
}
