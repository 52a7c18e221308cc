package cfilter

// Query is a set of scripts to look for, prepared once and asked of many
// filters. It does not change, and may be shared by matchers.
type Query struct {
	words []uint64 // every script cut into SipHash words
	ends  []uint32 // where each script's words end; no words for an empty script
}

// NewQuery prepares a query for output scripts. The indices that
// [Matcher.Match] returns are indices into scripts. An empty script is in no
// filter, by BIP158, so it never matches; a script given twice matches twice.
func NewQuery(scripts [][]byte) *Query {
	n := 0
	for _, s := range scripts {
		n += len(s)/8 + 1
	}
	q := &Query{words: make([]uint64, 0, n), ends: make([]uint32, 0, len(scripts))}
	for _, s := range scripts {
		if len(s) > 0 {
			q.words = appendWords(q.words, s)
		}
		q.ends = append(q.ends, uint32(len(q.words)))
	}
	return q
}

// Len returns how many scripts the query holds, empty ones included.
func (q *Query) Len() int { return len(q.ends) }

// Wipe forgets the scripts, when a wallet is locked. No matcher may be using
// the query; it matches nothing from then on.
func (q *Query) Wipe() {
	clear(q.words)
	clear(q.ends)
}
