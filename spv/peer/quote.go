package peer

import "strings"

// maxText is how much of a peer's text is kept, in bytes after escaping.
const maxText = 256

// quote makes text from a peer safe to store, log and show: printable ASCII
// stays, everything else (and what markup or shells could take for their own)
// becomes \xNN, and the whole is at most maxText bytes long.
func quote(s string) string {
	const hex, more = "0123456789abcdef", "..."
	var b strings.Builder
	cut := 0 // the last boundary between characters that leaves room for more
	for i := 0; i < len(s) && b.Len() <= maxText; i++ {
		if b.Len() <= maxText-len(more) {
			cut = b.Len()
		}
		if c := s[i]; c < ' ' || c > '~' || strings.IndexByte("\\\"<>&`", c) >= 0 {
			b.Write([]byte{'\\', 'x', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	if b.Len() > maxText {
		return b.String()[:cut] + more
	}
	return b.String()
}
