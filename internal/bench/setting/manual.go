package setting

import (
	"fmt"
	"slices"
	"strings"
)

// Markdown returns the manual's table of all settings.
func Markdown() string {
	var b strings.Builder
	for _, g := range Groups() {
		fmt.Fprintf(&b, "| %s | key in config.json | default | |\n|---|---|---|---|\n", g)
		defaults, seen := Defaults(), []string{}
		for _, s := range Table() {
			if s.Group != g || s.Flag == "" || slices.Contains(seen, s.Flag) {
				continue
			}
			seen = append(seen, s.Flag)
			standard := ""
			if text := s.flagValue(&defaults).String(); !s.Unset && text != "" && text != "[]" {
				standard = "`" + text + "`"
			}
			fmt.Fprintf(&b, "| `--%s` | %s | %s | %s |\n", s.Flag, keysOf(s.Flag), standard, strings.ReplaceAll(s.Help, "|", `\|`))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// keysOf returns the keys of config.json that a flag sets, for Markdown.
func keysOf(flag string) string {
	var keys []string
	for _, s := range rows(flag) {
		if s.Key != "" && !s.NotFile {
			keys = append(keys, "`"+s.Key+"`")
		}
	}
	return strings.Join(keys, ", ")
}
