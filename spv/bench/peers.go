package main

import (
	"context"
	"encoding/json"
	"io"
	"sync/atomic"
	"time"

	"thistle/spv/spvtest/synth"

	wire "github.com/btcsuite/btcd/wire/v2"
	"golang.org/x/sync/errgroup"
)

// peersAsked is the first line the process of the peers reads.
type peersAsked struct {
	Seed    uint64
	Height  int32
	Peers   int
	Latency time.Duration
	Mute    bool // one peer more, which at the tip announces and never answers
	Bare    bool // no filters are served, for what comes before them
}

// peersTold is the first line it writes.
type peersTold struct {
	Addrs []string
	Facts synth.Facts
}

// recent is how many blocks are younger than the last checkpoint that a client
// was shipped with: two months.
const recent = 8000

// servePeers makes a chain, serves it, and mines and announces one block for
// every further line it reads, answering with the moment of the announcement
// in nanoseconds since 1970.
func servePeers(ctx context.Context, in io.Reader, out io.Writer) error {
	from, to := json.NewDecoder(in), json.NewEncoder(out)
	var asked peersAsked
	if err := from.Decode(&asked); err != nil {
		return err
	}
	c, err := synth.New(synth.Options{Seed: asked.Seed, Height: asked.Height, Large: true, End: time.Now().Add(-time.Hour)})
	if err != nil {
		return err
	}
	facts, err := c.Facts(asked.Height - recent)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	told := peersTold{Facts: facts}
	var peers []*synth.Peer
	var deaf atomic.Bool
	serve := func(obey func(wire.Message) synth.Act) error {
		ln, err := synth.Listen(ctx)
		if err != nil {
			return err
		}
		p := synth.NewPeer(c, synth.Manners{Latency: asked.Latency,
			Obey: func(_ int64, request wire.Message) synth.Act { return obey(request) }})
		group.Go(func() error { return p.Serve(ctx, ln) })
		peers, told.Addrs = append(peers, p), append(told.Addrs, ln.Addr().String())
		return nil
	}
	if asked.Mute {
		// The catching up is not what is measured there: it falls silent later.
		err := serve(func(wire.Message) synth.Act {
			if deaf.Load() {
				return synth.Ignore
			}
			return synth.Answer
		})
		if err != nil {
			return err
		}
	}
	for range asked.Peers {
		err := serve(func(request wire.Message) synth.Act {
			if _, filters := request.(*wire.MsgGetCFilters); filters && asked.Bare {
				return synth.Ignore
			}
			return synth.Answer
		})
		if err != nil {
			return err
		}
	}
	if err := to.Encode(told); err != nil {
		return err
	}
	for {
		var line string
		if err := from.Decode(&line); err != nil { // the driver has gone
			cancel()
			return group.Wait()
		}
		if line == "served" {
			var sum synth.Served
			for _, p := range peers {
				s := p.Served()
				sum.Requests += s.Requests
				sum.Headers += s.Headers
				sum.FilterHeaders += s.FilterHeaders
				sum.Filters += s.Filters
				sum.Blocks += s.Blocks
				sum.Bytes += s.Bytes
			}
			if err := to.Encode(sum); err != nil {
				return err
			}
			continue
		}
		deaf.Store(true)
		if err := c.Extend(1); err != nil {
			return err
		}
		at := time.Now()
		for _, p := range peers {
			p.Announce(c.Tip().Height)
		}
		if err := to.Encode(at.UnixNano()); err != nil {
			return err
		}
	}
}
