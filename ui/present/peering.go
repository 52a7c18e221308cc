package present

import (
	"strings"

	"thistle/app"
)

// PeerAddr is an address as typed, with the network's usual port if it has none.
func PeerAddr(text, network string) string {
	text = strings.TrimSpace(text)
	colons := strings.Count(text, ":")
	switch {
	case text == "":
		return ""
	case strings.HasPrefix(text, "["):
		if strings.HasSuffix(text, "]") {
			return text + ":" + usualPort(network)
		}
	case colons == 0:
		return text + ":" + usualPort(network)
	case colons > 1: // IPv6 without brackets: no port can be told from it
		return "[" + text + "]:" + usualPort(network)
	}
	return text
}

// PeerAddrs are several of them, with commas or spaces between.
func PeerAddrs(text, network string) []string {
	var list []string
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\t' }) {
		list = append(list, PeerAddr(one, network))
	}
	return list
}

// PeeringProblem says why settings about peers cannot be used; empty if they can.
func PeeringProblem(p app.Peering) string {
	if err := app.CheckPeering(p); err != nil {
		return Sentence(err)
	}
	return ""
}

// overruled says that the peers are met in another way than is chosen, as the
// command line or the practice network wants it.
func overruled(s Snapshot, chosen app.Peering) string {
	switch {
	case s.Demo:
		return "The practice network lives inside this program and needs none of this. What you choose here is kept for it alone."
	case !s.Peering.Equal(chosen):
		return "Thistle was started with other words about this on the command line, which hold until it is closed."
	}
	return ""
}
