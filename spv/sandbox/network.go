package sandbox

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// Cluster is a network of nodes in this process. The first one mined the chain
// they began with.
type Cluster []*Node

// Network starts count nodes, each linked to all others and with funds of its
// own in its faucet, and returns once all are linked and have the same chain.
// Of the options, which may be left out, Listen is not used and Premine is the
// length of the chain, 200 if not positive; at least 100 plus count are needed
// for every faucet to have a mature coin. In DataDir every node has a folder, and
// the network goes on with what they hold: what one has lost it learns from the
// others. The nodes live until Close or until ctx ends.
func Network(ctx context.Context, count int, o ...Options) (Cluster, error) {
	var opt Options
	if len(o) > 0 {
		opt = o[0]
	}
	if count < 1 {
		return nil, fmt.Errorf("sandbox: a network of %d nodes", count)
	}
	length := opt.Premine
	if length <= 0 {
		length = defaultPremine
	}
	dir := opt.DataDir
	opt.Listen, opt.Premine = "", -1
	muted := opt.Mute
	opt.Mute = nil // or they could not link

	var c Cluster
	for i := range count {
		if dir != "" {
			opt.DataDir = filepath.Join(dir, fmt.Sprintf("node-%d", i+1))
		}
		node, err := Start(ctx, opt)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c = append(c, node)
		opt.Connect = append(opt.Connect[:len(opt.Connect):len(opt.Connect)], node.Addr())
	}
	if err := c.settleIn(ctx, length, count-1); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	for _, n := range c {
		n.Mute(muted...)
	}
	return c, nil
}

// settleIn shares out the first coins and waits until everybody knows of them.
func (c Cluster) settleIn(ctx context.Context, length, peers int) error {
	scripts := make([][]byte, len(c))
	for i, n := range c {
		scripts[i] = n.faucet.script
	}
	for _, n := range c {
		if err := n.Await(ctx, func() bool { return n.Peers() >= peers }); err != nil {
			return fmt.Errorf("sandbox: linking: %w", err)
		}
	}
	if height, _ := c.tallest(); height == 0 {
		if err := c[0].premine(length, scripts); err != nil {
			return err
		}
		c[0].began = true
	}
	return c.Synced(ctx)
}

// Begun tells whether the chain began with this start of the network, and not
// with an earlier one in the same folder.
func (c Cluster) Begun() bool { return c[0].began }

// Synced waits until all nodes have the tip of the one furthest ahead.
func (c Cluster) Synced(ctx context.Context) error {
	for _, n := range c {
		err := n.Await(ctx, func() bool {
			// A node is woken by its own changes only, so it must be the one
			// that has to catch up.
			_, mine := n.Tip()
			_, most := c.tallest()
			return mine == most
		})
		if err != nil {
			return fmt.Errorf("sandbox: syncing: %w", err)
		}
	}
	return nil
}

// tallest is the tip of the node that is furthest ahead.
func (c Cluster) tallest() (height int32, hash chainhash.Hash) {
	height, hash = c[0].Tip()
	for _, n := range c[1:] {
		if h, other := n.Tip(); h > height {
			height, hash = h, other
		}
	}
	return height, hash
}

// Addrs lists the nodes' host:port.
func (c Cluster) Addrs() []string {
	addrs := make([]string, len(c))
	for i, n := range c {
		addrs[i] = n.Addr()
	}
	return addrs
}

// Close closes all nodes.
func (c Cluster) Close() error {
	var errs []error
	for _, n := range c {
		errs = append(errs, n.Close())
	}
	return errors.Join(errs...)
}
