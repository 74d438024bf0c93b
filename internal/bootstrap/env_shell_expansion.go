package bootstrap

// maxShellNesting bounds substitutions inside substitutions; a file beyond it is refused as one that does not end.
const maxShellNesting = 100

// expansion passes over what starts with $ or a backquote, quotes inside it included. Its value is of no interest.
func (r *shellReader) expansion() { r.skipExpansion(0) }

func (r *shellReader) skipExpansion(depth int) {
	if depth > maxShellNesting {
		r.open = true
		return
	}
	c := r.text[r.at]
	r.at++
	if c == '`' {
		r.skipUntil('`', depth)
		return
	}
	if r.at >= len(r.text) {
		return
	}
	switch r.text[r.at] {
	case '(':
		r.at++
		r.skipUntil(')', depth)
	case '{':
		r.at++
		r.skipUntil('}', depth)
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
func (r *shellReader) skipUntil(closing byte, depth int) {
	for r.at < len(r.text) && !r.open {
		switch c := r.text[r.at]; {
		case c == closing:
			r.at++
			return
		case c == '\\':
			r.at += 2
		case c == '\'' && closing != '}':
			r.at++
			for r.at < len(r.text) && r.text[r.at] != '\'' {
				r.at++
			}
			r.at++
		case c == '"':
			r.skipDoubleQuotes(depth)
		case c == '$' || c == '`':
			r.skipExpansion(depth + 1)
		case c == '(' && closing == ')':
			r.at++
			r.skipUntil(')', depth+1)
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
	r.skipExpansion(depth)
}
