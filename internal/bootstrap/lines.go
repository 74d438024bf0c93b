package bootstrap

import (
	"bytes"
	"slices"
	"sort"
	"strings"
)

// Mark is the comment above each group of entries. Every format here but JSON has comments that start with "#".
const Mark = "# earthscope_remote_host: managed by Terraform, removed with the resource"

// CreatedMark is the first line of a file that did not exist before. Whoever takes out the last entry knows from it that
// the file may go, even if another resource created it.
const CreatedMark = "# earthscope_remote_host: file created by Terraform, removed with its last entry"

// line is one line of a text: content from start to end, its terminator from end to next.
type line struct{ start, end, next int }

func (l line) terminated() bool { return l.next > l.end }

// document is a text by lines.
type document struct {
	text  []byte
	lines []line
}

// splitLines splits at LF and CRLF. A final newline starts no further line; a lone CR is content.
func splitLines(text []byte) document {
	lines := make([]line, 0, 1+bytes.Count(text, []byte{'\n'}))
	for start := 0; start < len(text); {
		end, next := len(text), len(text)
		if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
			end, next = start+i, start+i+1
			if end > start && text[end-1] == '\r' {
				end--
			}
		}
		lines = append(lines, line{start, end, next})
		start = next
	}
	return document{text, lines}
}

// lineAt returns the index of the line that holds a byte offset.
func (d document) lineAt(offset int) int {
	i := sort.Search(len(d.lines), func(i int) bool { return d.lines[i].next > offset })
	return min(i, len(d.lines)-1)
}

func (d document) content(i int) string { return string(d.text[d.lines[i].start:d.lines[i].end]) }

// newline is CRLF if the first line ends in it, so that it stays the same while entries come and go further down.
func (d document) newline() string {
	if len(d.lines) > 0 && d.lineBreak(0) == "\r\n" {
		return "\r\n"
	}
	return "\n"
}

func (d document) indent(i int) string {
	content := d.content(i)
	return content[:len(content)-len(strings.TrimLeft(content, " \t"))]
}

func (d document) isMark(i int) bool {
	if i < 0 || i >= len(d.lines) || !bytes.Contains(d.text[d.lines[i].start:d.lines[i].end], []byte(Mark)) {
		return false
	}
	_, marked := readMark(strings.TrimSpace(d.content(i)))
	return marked
}

func (d document) isCreatedMark(i int) bool {
	return i >= 0 && i < len(d.lines) && d.content(i) == CreatedMark
}

// isNote says whether a line is blank or a comment.
func (d document) isNote(i int) bool {
	content := strings.TrimSpace(d.content(i))
	return content == "" || content[0] == '#'
}

// splice replaces the bytes from start to end.
type splice struct {
	start, end int
	text       string
}

// apply carries out splices that do not overlap; those at one place keep their order.
func apply(text []byte, splices []splice) []byte {
	slices.SortStableFunc(splices, func(a, b splice) int { return a.start - b.start })
	out := make([]byte, 0, len(text)+256)
	at := 0
	for _, s := range splices {
		out = append(out, text[at:s.start]...)
		out = append(out, s.text...)
		at = s.end
	}
	return append(out, text[at:]...)
}

// insertAfter puts lines after line i, or at the top for -1. After a last line without terminator the new last line has
// none either.
func (d document) insertAfter(i int, newline string, added []string) splice {
	if i < 0 {
		return splice{0, 0, strings.Join(added, newline) + newline}
	}
	if !d.lines[i].terminated() {
		return splice{d.lines[i].end, d.lines[i].end, newline + strings.Join(added, newline)}
	}
	return splice{d.lines[i].next, d.lines[i].next, strings.Join(added, newline) + newline}
}

// cut removes whole lines, with the line break that insertAfter added: mostly the one behind them, but the one before
// them where they stand at the end of a file without a final newline.
func (d document) cut(remove map[int]bool) []splice {
	var splices []splice
	for i := 0; i < len(d.lines); i++ {
		if !remove[i] {
			continue
		}
		first := i
		for remove[i+1] {
			i++
		}
		if first > 0 && d.breakBeforeIsOurs(first, i) {
			splices = append(splices, splice{d.lines[first-1].end, d.lines[i].end, ""})
		} else {
			splices = append(splices, splice{d.lines[first].start, d.lines[i].next, ""})
		}
	}
	return splices
}

// breakBeforeIsOurs tells which line break came with a group of lines. At the end of the file it is the one before. So it
// is where that one is like those inside the group and the one behind is not: somebody added lines in another style.
func (d document) breakBeforeIsOurs(first, last int) bool {
	behind := d.lineBreak(last)
	return behind == "" || behind != d.lineBreak(first) && d.lineBreak(first) == d.lineBreak(first-1)
}

func (d document) lineBreak(i int) string { return string(d.text[d.lines[i].end:d.lines[i].next]) }

// cutMarks adds to remove the marks that have nothing left to mark. released are lines that stay but are no longer
// ours; kept are lines of ours that stay.
func (d document) cutMarks(remove, released, kept map[int]bool) {
	for i := range d.lines {
		if !d.isMark(i) || remove[i] {
			continue
		}
		next := i + 1
		if next == len(d.lines) || d.isNote(next) {
			remove[i] = true
			continue
		}
		stays := false
		for ; next < len(d.lines) && (remove[next] || released[next] || kept[next]); next++ {
			stays = stays || kept[next]
		}
		if next > i+1 && !stays {
			remove[i] = true
		}
	}
}

// finish drops the created mark once no mark is left and says whether the file should go.
func finish(text []byte, record Record) (after []byte, gone bool) {
	d := splitLines(text)
	created := d.isCreatedMark(0)
	if created && !bytes.Contains(text, []byte(Mark)) {
		text = apply(text, d.cut(map[int]bool{0: true}))
	}
	gone = (created || record.Created) && len(bytes.TrimSpace(text)) == 0
	if gone {
		return nil, true
	}
	return text, false
}
