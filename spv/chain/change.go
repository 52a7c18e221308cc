package chain

// Change is what a batch did to the best chain. Fork is the last block common
// to before and after; Disconnected are the blocks that left, highest first;
// Connected those that came, lowest first, beginning at Fork.Height+1.
type Change struct {
	Fork         Tip
	Disconnected []Tip
	Connected    []Header
}

// Empty reports that the best chain stayed as it was.
func (c *Change) Empty() bool { return len(c.Disconnected) == 0 && len(c.Connected) == 0 }

// Tip is the end of the best chain after the change.
func (c *Change) Tip() Tip {
	if n := len(c.Connected); n > 0 {
		return Tip{c.Fork.Height + int32(n), c.Connected[n-1].Hash}
	}
	return c.Fork
}

// Result is the answer to one batch. Last is the last header of the batch that
// is now known, on whichever branch, and zero when none is. Added counts the
// headers that were new.
type Result struct {
	Last   Tip
	Added  int
	Change Change
}
