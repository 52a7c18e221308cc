package assets

import (
	"embed"
	"strings"
)

//go:embed seeds/*.txt
var seeds embed.FS

// FixedSeeds lists addresses ("host:port") of peers of a network that have been
// up for long: where to begin when no name server may be asked. A network
// without a list has none.
func FixedSeeds(network string) []string {
	list, err := seeds.ReadFile("seeds/" + network + ".txt")
	if err != nil {
		return nil
	}
	var addrs []string
	for line := range strings.Lines(string(list)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			addrs = append(addrs, line)
		}
	}
	return addrs
}
