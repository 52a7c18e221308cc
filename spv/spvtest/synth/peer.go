package synth

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"thistle/spv/cfilter"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"

	"golang.org/x/sync/errgroup"
)

// Act is what a peer does about a request.
type Act int

// The acts. Refuse is "not found" where the protocol has such an answer, else
// as Ignore.
const (
	Answer Act = iota
	Ignore
	Refuse
	HangUp
)

// Manners say how a peer behaves. The zero value is an honest, fast peer.
type Manners struct {
	// Latency is the time from a request to its reply.
	Latency time.Duration
	// Bandwidth bounds what one connection is sent, in bytes per second; 0 is
	// no bound.
	Bandwidth int
	// Height is how much of the chain the peer has when it is made, all of it
	// if 0.
	Height int32
	// NoFilters makes a peer that does not serve filters, and says so.
	NoFilters bool
	// Obey decides about each request, nil to answer all. Requests are numbered
	// from 0, over all connections, handshake and pings not counted. It may be
	// called from many goroutines.
	Obey func(n int64, request wire.Message) Act

	// Spoil changes a header before it is sent, nil for none. It may be called
	// from many goroutines.
	Spoil func(height int32, header []byte)
	// False are filters the peer stands by in everything it says, by height.
	False map[int32][]byte
	// Garbled are heights at which it sends a filter that its own filter
	// headers do not fit.
	Garbled map[int32]bool
}

// Served counts what a peer has sent.
type Served struct {
	Requests, Headers, FilterHeaders, Filters, Blocks, Bytes int64
}

// Peer serves a chain. It may serve many connections at a time.
type Peer struct {
	chain   *Chain
	manners Manners
	height  atomic.Int32
	first   int32            // the lowest height of Manners.False, beyond all if none
	lies    []chainhash.Hash // filter headers from there on

	requests, headers, filterHeaders, filters, blocks, bytes atomic.Int64

	mu    sync.Mutex
	links map[*link]bool
}

// NewPeer makes a peer.
func NewPeer(c *Chain, m Manners) *Peer {
	p := &Peer{chain: c, manners: m, links: make(map[*link]bool), first: 1<<31 - 1}
	p.height.Store(c.Tip().Height)
	if m.Height > 0 {
		p.height.Store(m.Height)
	}
	for h := range m.False {
		p.first = min(p.first, h)
	}
	return p
}

// Listen opens a port on this computer for Serve.
func Listen(ctx context.Context) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
}

// Serve talks to whoever connects, until ctx ends; then its error is nil.
func (p *Peer) Serve(ctx context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	var group errgroup.Group
	for {
		conn, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil {
				err = nil
			}
			group.Wait() // how a connection ends is not this peer's failure
			return err
		}
		group.Go(func() error { _ = p.Talk(ctx, conn); return nil })
	}
}

// Announce tells all connections of the blocks up to a height which the peer
// had not, and has from now on.
func (p *Peer) Announce(height int32) {
	from := p.height.Swap(height) + 1
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.announce(from, height)
	}
}

// Served is the sum over all connections so far.
func (p *Peer) Served() Served {
	return Served{p.requests.Load(), p.headers.Load(), p.filterHeaders.Load(), p.filters.Load(), p.blocks.Load(), p.bytes.Load()}
}

// find looks up a block that the peer has. The chain's lock is held.
func (p *Peer) find(hash chainhash.Hash) (int32, bool) {
	h, ok := p.chain.find(hash)
	return h, ok && h <= p.height.Load()
}

// filterHash and filterHeader are what the peer stands by. The chain's lock is
// held.
func (p *Peer) filterHash(height int32) chainhash.Hash {
	if f, ok := p.manners.False[height]; ok {
		return cfilter.Hash(f)
	}
	return p.chain.hashes[height]
}

func (p *Peer) filterHeader(height int32) chainhash.Hash {
	if height < p.first {
		return p.chain.headers[height]
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := p.first + int32(len(p.lies)); n <= height; n++ {
		prev := chainhash.Hash{}
		if n > p.first {
			prev = p.lies[n-p.first-1]
		} else if n > 0 {
			prev = p.chain.headers[n-1]
		}
		p.lies = append(p.lies, cfilter.NextHeader(p.filterHash(n), prev))
	}
	return p.lies[height-p.first]
}

// filter is the filter the peer sends.
func (p *Peer) filter(height int32, block chainhash.Hash) ([]byte, error) {
	data, ok := p.manners.False[height]
	if !ok {
		var err error
		if data, _, err = p.chain.filter(height, block); err != nil {
			return nil, err
		}
	}
	if p.manners.Garbled[height] {
		garbled := append([]byte(nil), data...)
		garbled[len(garbled)-1] ^= 0x80
		return garbled, nil
	}
	return data, nil
}

// version is how the peer introduces itself.
func (p *Peer) version(nonce uint64) *wire.MsgVersion {
	services := wire.SFNodeNetwork | wire.SFNodeWitness
	if !p.manners.NoFilters {
		services |= wire.SFNodeCF
	}
	return &wire.MsgVersion{
		ProtocolVersion: int32(protocolVersion), Services: services, Timestamp: time.Now(),
		Nonce: nonce, UserAgent: "/synth:1/", LastBlock: p.height.Load(),
	}
}

// FalseFilter is a filter that holds other scripts than those of the block at a
// height: for Manners.False.
func (c *Chain) FalseFilter(height int32) []byte {
	hash := c.HashAt(height)
	return cfilter.Build([][]byte{c.noise(height, saltSpend+3, 22)}, &hash)
}
