package cli

import (
	"bytes"

	"thistle/app"
	"thistle/ui/present"
)

// CommandNames lists all commands.
func CommandNames(deps Deps) []string {
	var names []string
	for _, c := range newProgram(deps).root().Commands() {
		names = append(names, c.Name())
	}
	return names
}

// ExitCode is the exit code of a kind of error.
func ExitCode(k app.Kind) (int, bool) {
	code, ok := exitCodes[k]
	return code, ok
}

// ConditionName is the word that programs get for a condition.
func ConditionName(c app.Condition) string { return conditionName(c) }

// HealthOf is what programs are told of a health.
func HealthOf(h app.Health) *HealthItem { return healthItem(present.Snapshot{Health: &h}) }

// RepeatFrame reads a frame and writes it again; rest is what follows it.
func RepeatFrame(b []byte) (again, rest []byte, err error) {
	r := bytes.NewReader(b)
	f, err := readFrame(r)
	if err != nil {
		return nil, nil, err
	}
	var w bytes.Buffer
	err = writeFrame(&w, f)
	return w.Bytes(), b[len(b)-r.Len():], err
}
