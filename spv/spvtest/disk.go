package spvtest

import (
	"slices"

	"thistle/spv/cfilter"
	"thistle/spv/chain"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Disk models what is saved, in the plainest way, and complains about what does
// not fit together.
type Disk struct {
	s       *Sim
	base    chain.Base
	headers []chain.Header // from base.Height+1 on

	filterBase    int32
	filterPrev    chainhash.Hash
	filterHeaders []chainhash.Hash
	direct        map[int32]bool
	filters       map[chainhash.Hash][]byte
	floor         int32 // filters below were deleted
}

func newDisk(s *Sim, base chain.Base) *Disk {
	d := &Disk{s: s, base: base, filterBase: -1,
		direct: make(map[int32]bool), filters: make(map[chainhash.Hash][]byte)}
	tree := chain.New(s.gen.params, base)
	d.headers = tree.Initial().Connected
	return d
}

func (d *Disk) raw() []byte {
	raw := make([]byte, 0, len(d.headers)*80)
	for i := range d.headers {
		raw = append(raw, d.headers[i].Raw[:]...)
	}
	return raw
}

// Tip is the last header saved.
func (d *Disk) Tip() chain.Tip {
	h := d.base.Height + int32(len(d.headers))
	hash, _ := d.hashAt(h)
	return chain.Tip{Height: h, Hash: hash}
}

func (d *Disk) hashAt(height int32) (chainhash.Hash, bool) {
	i := int(height - d.base.Height - 1)
	switch {
	case i == -1 && d.base.Height >= 0:
		return d.base.Hash, true
	case i < 0 || i >= len(d.headers):
		return chainhash.Hash{}, false
	}
	return d.headers[i].Hash, true
}

// Direct tells whether a height is marked to be scanned by its block.
func (d *Disk) Direct(height int32) bool { return d.direct[height] }

// Directs counts the heights so marked.
func (d *Disk) Directs() int { return len(d.direct) }

// Filter is the filter of a block, nil if there is none.
func (d *Disk) Filter(block chainhash.Hash) []byte { return d.filters[block] }

// Lose takes the filter of a block away.
func (d *Disk) Lose(block chainhash.Hash) { delete(d.filters, block) }

func (d *Disk) filterHeader(height int32) (chainhash.Hash, bool) {
	i := int(height - d.filterBase)
	switch {
	case d.filterBase < 0 || i < -1 || i >= len(d.filterHeaders):
		return chainhash.Hash{}, false
	case i == -1:
		return d.filterPrev, true
	}
	return d.filterHeaders[i], true
}

func (d *Disk) filterState() protocol.FilterState {
	fs := protocol.FilterState{From: -1, Floor: d.floor, Base: d.filterBase, Prev: d.filterPrev, Headers: slices.Clone(d.filterHeaders)}
	for h := range d.direct {
		fs.Direct = append(fs.Direct, h)
	}
	slices.Sort(fs.Direct)
	fs.Held = func(_ int32, block chainhash.Hash) bool { return d.filters[block] != nil }
	fs.Filter = func(_ int32, block chainhash.Hash) []byte { return d.filters[block] }
	return fs
}

func (d *Disk) save(out protocol.Output) {
	switch out := out.(type) {
	case protocol.SaveHeaders:
		d.saveHeaders(out.Change)
	case protocol.SaveLower:
		d.saveLower(out)
	case protocol.ResetFilterHeaders:
		d.filterBase, d.filterPrev, d.filterHeaders = out.From, out.Prev, nil
		for h := range d.direct {
			if h < out.From {
				delete(d.direct, h)
			}
		}
	case protocol.SaveFilterHeaders:
		d.saveFilterHeaders(out)
	case protocol.SaveDirect:
		d.direct[out.Height] = true
	case protocol.SaveFilter:
		d.saveFilter(out)
	case protocol.DropFilters:
		for h := d.floor; h < out.Below; h++ {
			if hash, ok := d.hashAt(h); ok {
				delete(d.filters, hash)
			}
		}
		d.floor = max(d.floor, out.Below)
	}
}

func (d *Disk) saveHeaders(c chain.Change) {
	if hash, ok := d.hashAt(c.Fork.Height); !ok || hash != c.Fork.Hash {
		d.s.faultf("headers saved on %v, which is not on disk", c.Fork)
		return
	}
	tip := d.Tip()
	for i, gone := range c.Disconnected {
		h := tip.Height - int32(i)
		if hash, _ := d.hashAt(h); hash != gone.Hash || h != gone.Height {
			d.s.faultf("disconnected %v is not what the disk has at %d", gone, h)
		}
	}
	if int(tip.Height-c.Fork.Height) != len(c.Disconnected) {
		d.s.faultf("%d blocks above the fork, %d disconnected", tip.Height-c.Fork.Height, len(c.Disconnected))
	}
	d.headers = d.headers[:c.Fork.Height-d.base.Height]
	prev := c.Fork.Hash
	for i := range c.Connected {
		if c.Connected[i].Prev() != prev {
			d.s.faultf("header %d saved does not link", c.Fork.Height+1+int32(i))
		}
		prev = c.Connected[i].Hash
	}
	d.headers = append(d.headers, c.Connected...)
	if len(c.Disconnected) == 0 {
		return
	}
	// What hangs on the blocks that left goes with them, as in the store.
	for h := range d.direct {
		if h > c.Fork.Height {
			delete(d.direct, h)
		}
	}
	if d.filterBase >= 0 {
		if n := int(c.Fork.Height-d.filterBase) + 1; n < len(d.filterHeaders) {
			d.filterHeaders = d.filterHeaders[:max(n, 0)]
		}
	}
}

func (d *Disk) saveLower(out protocol.SaveLower) {
	var low []chain.Header
	if out.Base.Height < 0 {
		low = chain.New(d.s.gen.params, out.Base).Initial().Connected
	}
	for _, run := range out.Runs {
		for raw := run.Raw(); len(raw) > 0; raw = raw[chain.HeaderSize:] {
			low = append(low, chain.NewHeader([chain.HeaderSize]byte(raw)))
		}
	}
	if n := len(low); n != int(d.base.Height-out.Base.Height) || low[n-1].Hash != d.base.Hash {
		d.s.faultf("%d headers saved between %d and %d do not fit", n, out.Base.Height, d.base.Height)
		return
	}
	for i := range low {
		if b := d.s.gen.Find(low[i].Hash); b == nil || b.Height != out.Base.Height+1+int32(i) {
			d.s.faultf("a false header is saved at %d", out.Base.Height+1+int32(i))
			return
		}
	}
	d.base, d.headers = out.Base, append(low, d.headers...)
}

// Base is where the headers saved begin.
func (d *Disk) Base() chain.Base { return d.base }

func (d *Disk) saveFilterHeaders(out protocol.SaveFilterHeaders) {
	n := int(out.From - d.filterBase)
	if d.filterBase < 0 || n < 0 || n > len(d.filterHeaders) {
		d.s.faultf("filter headers saved from %d, the disk has %d from %d", out.From, len(d.filterHeaders), d.filterBase)
		return
	}
	d.filterHeaders = append(d.filterHeaders[:n:n], out.Headers...)
	if top := d.filterBase + int32(len(d.filterHeaders)) - 1; top > d.Tip().Height {
		d.s.faultf("filter header %d saved above the tip %d", top, d.Tip().Height)
	}
}

func (d *Disk) saveFilter(out protocol.SaveFilter) {
	if hash, ok := d.hashAt(out.Height); !ok || hash != out.Block {
		d.s.faultf("filter saved for %d, whose block is another", out.Height)
	}
	if !d.fits(out.Height, out.Data) {
		d.s.faultf("filter saved for %d does not fit its filter header", out.Height)
	}
	d.filters[out.Block] = out.Data
	d.floor = min(d.floor, out.Height)
}

func (d *Disk) fits(height int32, data []byte) bool {
	prev, ok1 := d.filterHeader(height - 1)
	want, ok2 := d.filterHeader(height)
	return ok1 && ok2 && data != nil && cfilter.NextHeader(cfilter.Hash(data), prev) == want
}

// checkEvent holds what is told against what is on disk.
func (d *Disk) checkEvent(e protocol.Event) {
	switch e := e.(type) {
	case protocol.HeadersAdvanced:
		if d.Tip() != e.Change.Tip() {
			d.s.faultf("told of headers up to %v, the disk has %v", e.Change.Tip(), d.Tip())
		}
	case protocol.HeadersLowered:
		if d.base != e.Base {
			d.s.faultf("told of a base at %d, the disk has %d", e.Base.Height, d.base.Height)
		}
	case protocol.HeadersCurrent:
		if d.Tip() != e.Tip {
			d.s.faultf("told to be current at %v, the disk has %v", e.Tip, d.Tip())
		}
	case protocol.FiltersAdvanced:
		if hash, ok := d.hashAt(e.Tip.Height); !ok || hash != e.Tip.Hash {
			d.s.faultf("told of filters up to %v, which is not on disk", e.Tip)
			return
		}
		d.checkFilters(e.From, e.Tip.Height)
	}
}

// Sound tells whether the filters of a range are on disk and fit their filter
// headers.
func (d *Disk) Sound(from, to int32) bool {
	for h := from; h <= to; h++ {
		hash, _ := d.hashAt(h)
		if !d.direct[h] && !d.fits(h, d.filters[hash]) {
			return false
		}
	}
	return true
}

// checkFilters reads the filters it is told of, as the program does when it
// matches scripts. One that does not fit is reported as lost. That may happen
// only where a crash left a filter that was given up.
func (d *Disk) checkFilters(from, to int32) {
	for h := from; h <= to; h++ {
		hash, _ := d.hashAt(h)
		if d.direct[h] || d.fits(h, d.filters[hash]) || d.s.machine.ReadWhole(h) || d.s.machine.AskOwn(h) {
			continue
		}
		if d.s.life == 1 {
			d.s.faultf("told of filters %d to %d: %d is missing or does not fit", from, to, h)
			return
		}
		life := d.s.life
		d.s.After(0, func() {
			if d.s.life == life {
				d.s.Input(protocol.FilterLost{Height: h, Block: hash})
			}
		})
	}
}
