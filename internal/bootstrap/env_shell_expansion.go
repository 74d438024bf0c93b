package bootstrap

// maxShellNesting bounds substitutions inside substitutions; a file beyond it is refused as one that does not end.
const maxShellNesting = 100

// expansion passes over what starts with $ or a backquote, quotes inside it included. Its value is of no interest.
func (r *shellReader) expansion() { r.skipExpansion(0, false) }

// skipExpansion passes over one expansion; quoted says that it stands in double quotes, where single quotes in ${} are
// characters like any other.
func (r *shellReader) skipExpansion(depth int, quoted bool) {
	if depth > maxShellNesting {
		r.open = true
		return
	}
	c := r.text[r.at]
	r.at++
	if c == '`' {
		r.skipUntil('`', depth, false)
		return
	}
	if r.at >= len(r.text) {
		return
	}
	switch r.text[r.at] {
	case '(':
		r.at++
		r.skipUntil(')', depth, false)
	case '{':
		r.at++
		r.skipUntil('}', depth, quoted)
	case '\'':
		// $'…' of bash and zsh, in which a backslash escapes the quote. Inside double quotes it is a dollar sign and an
		// apostrophe, which the caller never hands over.
		for r.at++; r.at < len(r.text); r.at++ {
			if r.text[r.at] == '\\' {
				r.at++
			} else if r.text[r.at] == '\'' {
				r.at++
				return
			}
		}
		r.open = true
	}
}

// skipUntil passes over the inside of a substitution up to its closing character.
func (r *shellReader) skipUntil(closing byte, depth int, quoted bool) {
	for r.at < len(r.text) && !r.open {
		switch c := r.text[r.at]; {
		case c == closing:
			r.at++
			return
		case c == '\\':
			r.at += 2
		case c == '\'' && (!quoted || closing != '}'):
			r.at++
			for r.at < len(r.text) && r.text[r.at] != '\'' {
				r.at++
			}
			r.at++
		case c == '"':
			r.skipDoubleQuotes(depth)
		case c == '$' || c == '`':
			r.skipExpansion(depth+1, quoted)
		case c == '(' && closing == ')':
			r.at++
			r.skipUntil(')', depth+1, false)
		default:
			r.at++
		}
		if depth > maxShellNesting {
			break
		}
	}
	r.open = true
}

func (r *shellReader) skipDoubleQuotes(depth int) {
	for r.at++; r.at < len(r.text) && !r.open; {
		switch c := r.text[r.at]; c {
		case '"':
			r.at++
			return
		case '\\':
			r.at += 2
		case '$', '`':
			r.skipDollar(depth + 1)
		default:
			r.at++
		}
	}
	r.open = true
}

// skipDollar is skipExpansion inside double quotes, where $' opens nothing.
func (r *shellReader) skipDollar(depth int) {
	if r.text[r.at] == '$' && r.at+1 < len(r.text) && r.text[r.at+1] == '\'' {
		r.at++
		return
	}
	r.skipExpansion(depth, true)
}
