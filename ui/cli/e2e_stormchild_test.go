//go:build e2e

package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"thistle/app"
	"thistle/app/config"
	"thistle/keystore/keystoretest"
	"thistle/spv"
	"thistle/spv/chain"

	"github.com/btcsuite/btcd/chaincfg/v2"
)

// stormEnv makes the test program a child that syncs until it is killed:
// "HOW DIR PEER,PEER". A wallet with cheap keys or the bare peer works in the
// folder; the program itself would spend most of its short life on the password.
const stormEnv = "THISTLE_STORM_CHILD"

// What a child can be.
const (
	asWallet = "wallet"
	asPeer   = "peer"
	asSyncer = "syncer" // a wallet that ends when it is synced
)

// told is one line of a child.
type told struct {
	Event   string `json:"event"`
	From    int32  `json:"from,omitempty"`
	Height  int32  `json:"height,omitempty"`
	Hash    string `json:"hash,omitempty"`
	Message string `json:"message,omitempty"`
}

func tell(line told) {
	b, _ := json.Marshal(line)
	fmt.Println(string(b))
}

func stormChild(spec string) int {
	args := strings.Fields(spec)
	env, err := stormEnvironment(args[1], strings.Split(args[2], ",")...)
	if err == nil && args[0] == asPeer {
		err = peerChild(env)
	} else if err == nil {
		err = walletChild(env, args[0] == asSyncer)
	}
	if err != nil {
		tell(told{Event: "failed", Message: err.Error()})
		return 1
	}
	return 0
}

func stormEnvironment(dir string, peers ...string) (*app.Env, error) {
	params, err := chain.ParamsFor(&chaincfg.RegressionNetParams, nil)
	return &app.Env{DataDir: dir, Network: "regtest", Params: params, Peering: app.Peering{Connect: peers, NoDNS: true},
		Keys: keystoretest.CheapOptions()}, err
}

func stormClient(env *app.Env, existing bool) (*spv.Client, error) {
	return spv.Open(spv.Config{
		Params: env.Params, Dir: config.NetworkFolder(env.DataDir, env.Network).Dir,
		Connect: env.Peering.Connect, NoDNS: true, BirthdayHeight: 1, Existing: existing,
	})
}

func stormSecret() []byte { return []byte("correct horse") }

// peerChild keeps all filters and tells what is on disk.
func peerChild(env *app.Env) error {
	c, err := stormClient(env, false)
	if err != nil {
		return err
	}
	tell(told{Event: "headers", Height: c.Tip().Height, Hash: c.Tip().Hash.String()})
	for _, file := range c.SetAside() {
		tell(told{Event: "set_aside", Message: file})
	}
	sub := c.Subscribe()
	c.KeepFilters(1)
	go func() {
		for {
			e, err := sub.Next(context.Background())
			if err != nil {
				return
			}
			switch e := e.(type) {
			case spv.HeadersAdvanced:
				tell(told{Event: "headers", Height: e.Change.Tip().Height, Hash: e.Change.Tip().Hash.String()})
			case spv.FiltersAdvanced:
				tell(told{Event: "filters", From: e.From, Height: e.Tip.Height, Hash: e.Tip.Hash.String()})
			case spv.FiltersReverted:
				tell(told{Event: "reverted", Height: e.Height})
			}
		}
	}()
	return c.Run(context.Background())
}

// walletChild tells what the wallet knows.
func walletChild(env *app.Env, once bool) error {
	w, err := app.Open(env, "", stormSecret)
	if err != nil {
		return err
	}
	events := w.Events()
	errDone := errors.New("synced")
	err = w.Online(context.Background(), func(ctx context.Context) error {
		for {
			e, err := events.Next(ctx)
			if err != nil {
				return err
			}
			switch e := e.(type) {
			case app.Headers:
				tell(told{Event: "headers", Height: e.Height, Hash: e.Hash.String()})
			case app.Synced:
				tell(told{Event: "synced", Height: e.Height, Hash: e.Hash.String()})
				if once && e.Hash.String() == os.Getenv(stormTip) {
					return errDone
				}
			case app.Warning:
				tell(told{Event: "set_aside", Message: e.Text})
			}
		}
	})
	if errors.Is(err, errDone) {
		return w.Close()
	}
	return err
}

// stormTip is the hash at which a syncer ends.
const stormTip = "THISTLE_STORM_TIP"
