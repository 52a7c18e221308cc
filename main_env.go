package main

import (
	"fmt"

	"thistle/app"
	"thistle/app/config"
	"thistle/assets"
	"thistle/spv/chain"
	"thistle/ui/cli"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
)

// newEnv joins what the flags say with a network's rules and what is known of its
// chain.
func newEnv(place cli.Place) (*app.Env, error) {
	net, err := config.Params(place.Network)
	if err != nil {
		return nil, &app.Error{Op: "choose network", Kind: app.KindNetwork, Detail: place.Network, Err: err}
	}
	params, filters, err := knownChain(net)
	if err != nil {
		return nil, &app.Error{Op: "read checkpoints", Kind: app.KindInternal, Err: err}
	}
	return &app.Env{
		DataDir: place.DataDir, Network: place.Network, Params: params, FilterCheckpoints: filters,
		FixedSeeds: assets.FixedSeeds(place.Network),
		Peering:    place.Peering, Data: place.Data, Log: place.Log,
	}, nil
}

// knownChain gives a network's rules with its checkpoints, which mainnet alone
// has.
func knownChain(net *chaincfg.Params) (*chain.Params, map[int32]chainhash.Hash, error) {
	var rows []chain.Row
	filters := make(map[int32]chainhash.Hash)
	if net == &chaincfg.MainNetParams {
		checkpoints, err := assets.MainnetCheckpoints()
		if err != nil {
			return nil, nil, fmt.Errorf("checkpoints: %w", err)
		}
		for _, c := range checkpoints {
			rows = append(rows, chain.Row(c))
		}
		headers, err := assets.MainnetFilterHeaders()
		if err != nil {
			return nil, nil, fmt.Errorf("filter headers: %w", err)
		}
		for _, h := range headers {
			filters[h.Height] = h.Header
		}
	}
	params, err := chain.ParamsFor(net, rows)
	return params, filters, err
}
