package quote

import (
	"net/url"
	"strconv"
	"strings"
)

// Markdown is Line of text that GitHub's Markdown shows as it is, in a table's
// cell too: no link, image, emphasis, code, HTML or mention begins in it.
func Markdown(text string) string {
	return strings.NewReplacer(
		`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "~", `\~`, "`", "\\`", "[", `\[`, "<", "&lt;", "&", "&amp;",
		"://", "&#58;//", "www.", "www&#46;", "@", "&#64;",
	).Replace(Line(text))
}

// Code is Line of text as Markdown's code, in a table's cell too.
func Code(text string) string {
	if text == "" {
		text = " "
	}
	return "`" + strings.NewReplacer("`", "'", "|", "¦").Replace(Line(text)) + "`"
}

// MarkdownLink is a link, or its text alone where address is none that a reader
// may be sent to.
func MarkdownLink(text, address string) string {
	address = Link(address)
	if address == "" {
		return text
	}
	return "[" + text + "](" + strings.NewReplacer(
		" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "|", "%7C", `\`, "%5C", "`", "%60", `"`, "%22",
	).Replace(address) + ")"
}

// Link is address when it is one of the web, whole and without what isn't seen;
// empty otherwise.
func Link(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || Line(address) != address {
		return ""
	}
	return address
}

// Cell is Line of text that no spreadsheet takes for a formula: it gets an
// apostrophe in front, unless it is a number.
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
