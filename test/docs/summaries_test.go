package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sources are the packages whose errors and notices Terraform shows.
var sources = []string{"provider", "session", "settings", "api", "placement", "bootstrap", "remote"}

// position is which argument of a function is the summary of a diagnostic.
var position = map[string]int{
	"AddError": 0, "AddWarning": 0, "AddAttributeError": 1, "AddAttributeWarning": 1,
	"NewErrorDiagnostic": 0, "NewWarningDiagnostic": 0, "NewAttributeErrorDiagnostic": 1, "NewAttributeWarningDiagnostic": 1,
}

// notDiagnostics are types that have a summary of another kind.
var notDiagnostics = []string{"function.Definition", "command"}

// summaries collects what the source of one package gives as summaries.
type summaries struct {
	t         *testing.T
	files     *token.FileSet
	positions map[string]int
	// found are the texts, and prefixes those of which only the beginning is
	// in the source; with where they stand.
	found, prefixes map[string]string
}

// diagnosticSummaries parses the packages below internal.
func diagnosticSummaries(t *testing.T) *summaries {
	t.Helper()
	s := &summaries{t: t, files: token.NewFileSet(), positions: map[string]int{}, found: map[string]string{}, prefixes: map[string]string{}}
	for _, name := range sources {
		var parsed []*ast.File
		err := filepath.WalkDir(filepath.Join(root, "internal", name), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(s.files, path, nil, 0)
			parsed = append(parsed, file)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s.positions = map[string]int{}
		for function, index := range position {
			s.positions[function] = index
		}
		for _, file := range parsed {
			ast.Inspect(file, s.learn)
		}
		for _, file := range parsed {
			ast.Inspect(file, s.collect)
		}
	}
	return s
}

// learn notes functions of the package's own that take a summary.
func (s *summaries) learn(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.FuncDecl:
		s.note(node.Name.Name, node.Type)
	case *ast.AssignStmt:
		for i, value := range node.Rhs {
			if literal, ok := value.(*ast.FuncLit); ok && i < len(node.Lhs) {
				if name, ok := node.Lhs[i].(*ast.Ident); ok {
					s.note(name.Name, literal.Type)
				}
			}
		}
	}
	return true
}

func (s *summaries) note(function string, signature *ast.FuncType) {
	index := 0
	for _, field := range signature.Params.List {
		for _, name := range field.Names {
			if name.Name == "summary" {
				s.positions[function] = index
			}
			index++
		}
	}
}

// collect takes summaries from calls, from fields of composite literals and
// from assignments.
func (s *summaries) collect(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.CallExpr:
		if index, ok := s.positions[nameOf(node.Fun)]; ok && index < len(node.Args) {
			s.add(node.Args[index])
		}
	case *ast.CompositeLit:
		if slices.Contains(notDiagnostics, typeOf(node.Type)) {
			return false
		}
		for _, element := range node.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok && strings.EqualFold(nameOf(pair.Key), "summary") {
				s.add(pair.Value)
			}
		}
	case *ast.AssignStmt:
		for i, to := range node.Lhs {
			if strings.EqualFold(nameOf(to), "summary") && len(node.Lhs) == len(node.Rhs) {
				s.add(node.Rhs[i])
			}
		}
	}
	return true
}

func nameOf(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.Ident:
		return expression.Name
	case *ast.SelectorExpr:
		return expression.Sel.Name
	}
	return ""
}

func typeOf(expression ast.Expr) string {
	if selector, ok := expression.(*ast.SelectorExpr); ok {
		return nameOf(selector.X) + "." + selector.Sel.Name
	}
	return nameOf(expression)
}

func (s *summaries) add(value ast.Expr) {
	at := s.files.Position(value.Pos()).String()
	switch value := value.(type) {
	case *ast.BasicLit:
		s.found[s.text(value)] = at
	case *ast.BinaryExpr:
		left := ast.Expr(value)
		for {
			binary, ok := left.(*ast.BinaryExpr)
			if !ok {
				break
			}
			left = binary.X
		}
		literal, ok := left.(*ast.BasicLit)
		if !ok {
			s.t.Errorf("%s: a summary has to begin with plain text, so that it can be looked up", at)
			return
		}
		s.prefixes[s.text(literal)] = at
	case *ast.Ident, *ast.SelectorExpr, *ast.CallExpr:
		// Handed on: it stands where it came from.
	default:
		s.t.Errorf("%s: a summary of this form (%T) can't be looked up", at, value)
	}
}

func (s *summaries) text(literal *ast.BasicLit) string {
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// begins reports whether a text begins with one that only begins in the source.
func (s *summaries) begins(text string) bool {
	for prefix := range s.prefixes {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}
