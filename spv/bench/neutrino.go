package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/rpcclient"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/btcsuite/btcwallet/walletdb"
	_ "github.com/btcsuite/btcwallet/walletdb/bdb"
	"github.com/lightninglabs/neutrino"
	"github.com/lightninglabs/neutrino/headerfs"
)

// neutrinoEngine is the other side, with its defaults and the versions of btcd's
// modules and bbolt that this module resolves to. It gets checkpoints like
// those btcd ships with for mainnet: few. One in each period would double its
// round trips.
type neutrinoEngine struct {
	db walletdb.DB
	s  *neutrino.ChainService
}

const neutrinoCheckpointsEvery = 20 // periods

func (n *neutrinoEngine) open(a *engineAsked) error {
	net, err := a.Facts.Net()
	if err != nil {
		return err
	}
	net.Checkpoints = a.Facts.Checkpoints(neutrinoCheckpointsEvery)
	path := filepath.Join(a.Dir, "neutrino.db")
	n.db, err = walletdb.Create("bdb", path, true, time.Minute, false)
	if err != nil {
		n.db, err = walletdb.Open("bdb", path, true, time.Minute, false)
	}
	if err != nil {
		return err
	}
	neutrino.DisableDNSSeed = true
	n.s, err = neutrino.NewChainService(neutrino.Config{DataDir: a.Dir, Database: n.db, ChainParams: *net, ConnectPeers: a.Addrs})
	return err
}

func (n *neutrinoEngine) sync(ctx context.Context) error { return n.s.Start(ctx) }

func (n *neutrinoEngine) headers() int32 {
	_, height, err := n.s.BlockHeaders.ChainTip()
	if err != nil {
		return -1
	}
	return int32(height)
}

func (n *neutrinoEngine) commits() int32 {
	_, height, err := n.s.RegFilterHeaders.ChainTip()
	if err != nil {
		return -1
	}
	return int32(height)
}

func (n *neutrinoEngine) wantCommits() {}

func (n *neutrinoEngine) scan(ctx context.Context, scripts [][]byte, to int32, found func(int32)) error {
	genesis, err := n.s.BlockHeaders.FetchHeaderByHeight(0)
	if err != nil {
		return err
	}
	var watch []neutrino.InputWithScript
	for i, s := range scripts {
		watch = append(watch, neutrino.InputWithScript{OutPoint: wire.OutPoint{Index: uint32(i)}, PkScript: s})
	}
	quit, last := make(chan struct{}), make(chan struct{})
	handlers := rpcclient.NotificationHandlers{
		OnFilteredBlockConnected: func(height int32, _ *wire.BlockHeader, _ []*btcutil.Tx) {
			if found != nil && height >= to {
				found(height)
			}
			if found == nil && height == to {
				close(last)
			}
		},
	}
	rescan := neutrino.NewRescan(&neutrino.RescanChainSource{ChainService: n.s},
		neutrino.StartBlock(&headerfs.BlockStamp{Height: 0, Hash: genesis.BlockHash(), Timestamp: genesis.Timestamp}),
		neutrino.StartTime(time.Unix(0, 0)),
		neutrino.WatchInputs(watch...), neutrino.NotificationHandlers(handlers), neutrino.QuitChan(quit))
	errs := rescan.Start()
	select {
	case <-last:
	case <-ctx.Done():
		if found == nil {
			err = ctx.Err()
		}
	case err = <-errs:
		err = fmt.Errorf("rescan: %w", errors.Join(err, errors.New("ended early")))
	}
	close(quit)
	return err
}

var errNeedsAll = errors.New("it needs all headers and filter headers first: another race")

func (n *neutrinoEngine) ready(context.Context, int32) (time.Duration, error) {
	return 0, errNeedsAll
}

// closePatience is how long neutrino may take to stop: sometimes it never does.
const closePatience = 5 * time.Second

func (n *neutrinoEngine) close() error {
	closed := make(chan error, 1)
	go func() { closed <- errors.Join(n.s.Stop(), n.db.Close()) }()
	select {
	case err := <-closed:
		return err
	case <-time.After(closePatience):
		fmt.Fprintln(os.Stderr, "neutrino does not stop; what is measured is measured")
		return nil
	}
}
