package assets

import (
	"embed"
	"path"
	"strings"
)

//go:embed icons/*.svg
var icons embed.FS

// Icon is an SVG of one colour, black, on a square ground; nil if there is none
// of that name.
func Icon(name string) []byte {
	b, err := icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		return nil
	}
	return b
}

// Icons lists the names of all icons, sorted.
func Icons() []string {
	entries, _ := icons.ReadDir("icons")
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(path.Base(e.Name()), ".svg"))
	}
	return names
}
