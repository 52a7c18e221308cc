package cli

import "thistle/app"

// CommandNames lists all commands.
func CommandNames(deps Deps) []string {
	var names []string
	for _, c := range (&program{deps: deps, out: &meter{}}).root().Commands() {
		names = append(names, c.Name())
	}
	return names
}

// ExitCode is the exit code of a kind of error.
func ExitCode(k app.Kind) (int, bool) {
	code, ok := exitCodes[k]
	return code, ok
}
