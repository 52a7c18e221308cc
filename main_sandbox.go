package main

import (
	"context"
	"log/slog"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv/sandbox"
	"thistle/ui/cli"

	"github.com/btcsuite/btcd/chaincfg/v2"
)

// network is a private network as the demo uses it.
type network struct{ nodes sandbox.Cluster }

func newSandbox(ctx context.Context, nodes int, log *slog.Logger) (cli.Sandbox, error) {
	c, err := sandbox.Network(ctx, nodes, sandbox.Options{Log: log})
	if err != nil {
		return nil, err
	}
	return network{c}, nil
}

func (n network) Addrs() []string { return n.nodes.Addrs() }
func (n network) Close() error    { return n.nodes.Close() }

// Address is the second node's, so that payments to it have to travel.
func (n network) Address() (string, error) {
	return descriptor.AddressOf(n.nodes[len(n.nodes)-1].FaucetScript(), &chaincfg.RegressionNetParams)
}

func (n network) Tip() (int32, string) {
	height, hash := n.nodes[0].Tip()
	return height, hash.String()
}

func (n network) Mine(ctx context.Context, count int, address string) ([]string, error) {
	var script []byte
	if address != "" {
		var err error
		if script, err = scriptOf(address); err != nil {
			return nil, err
		}
	}
	mined, err := n.nodes[0].Mine(count, script)
	if err != nil {
		return nil, err
	}
	hashes := make([]string, len(mined))
	for i, h := range mined {
		hashes[i] = h.String()
	}
	return hashes, n.nodes.Synced(ctx)
}

func (n network) Pay(address string, amount units.Amount) (string, error) {
	script, err := scriptOf(address)
	if err != nil {
		return "", err
	}
	txid, err := n.nodes[0].Pay(script, int64(amount))
	return txid.String(), err
}

func (n network) Reorg(ctx context.Context, depth int) error {
	if err := n.nodes[0].Reorg(depth, depth+1); err != nil {
		return err
	}
	return n.nodes.Synced(ctx)
}

func scriptOf(address string) ([]byte, error) {
	script, err := descriptor.ParseAddress(address, &chaincfg.RegressionNetParams)
	if err != nil {
		return nil, &app.Error{Op: "read address", Kind: app.KindAddress, Detail: err.Error(), Err: err}
	}
	return script, nil
}
