package quote

import (
	"net/url"
	"strconv"
	"strings"
)

// Markdown returns Line of text, escaped so that GitHub's Markdown shows it as it is, also
// in the cell of a table: without links, images, emphasis, code, HTML and mentions.
func Markdown(text string) string {
	return strings.NewReplacer(
		`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "~", `\~`, "`", "\\`", "[", `\[`, "<", "&lt;", "&", "&amp;",
		"://", "&#58;//", "www.", "www&#46;", "@", "&#64;",
	).Replace(Line(text))
}

// Code returns Line of text as code in Markdown, also for the cell of a table.
func Code(text string) string {
	if text == "" {
		text = " "
	}
	return "`" + strings.NewReplacer("`", "'", "|", "¦").Replace(Line(text)) + "`"
}

// MarkdownLink returns a link in Markdown; only text if Link refuses the address.
func MarkdownLink(text, address string) string {
	address = Link(address)
	if address == "" {
		return text
	}
	return "[" + text + "](" + strings.NewReplacer(
		" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "|", "%7C", `\`, "%5C", "`", "%60", `"`, "%22",
	).Replace(address) + ")"
}

// Link returns address if it is a complete http or https address without invisible
// characters, else "".
func Link(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || Line(address) != address {
		return ""
	}
	return address
}

// Cell returns Line of text for a spreadsheet. Text that looks like a formula, but isn't a
// number, gets an apostrophe in front.
func Cell(text string) string {
	text = Line(text)
	if text == "" || !strings.ContainsAny(text[:1], "=+-@") {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil && !strings.ContainsAny(text, "_xXnN") {
		return text
	}
	return "'" + text
}
