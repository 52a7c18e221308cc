package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	crand "crypto/rand"

	"thistle/app/config"
	"thistle/app/instance"
	"thistle/app/ledger"
	"thistle/app/walletdb"
	"thistle/keystore"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// Env is where a program works: which network, which folder, which peers. The
// composition root fills it.
type Env struct {
	// DataDir is the data folder of all networks.
	DataDir string
	// Network is the name of one, as in config.Networks.
	Network string
	// Params are the network's rules and checkpoints.
	Params *spv.Params
	// FilterCheckpoints are known filter headers, by height.
	FilterCheckpoints map[int32]chainhash.Hash

	// FixedSeeds are addresses to begin with where DNS seeds say nothing.
	FixedSeeds []string
	// Peering says how peers are found and met.
	Peering Peering
	// Data says how much of the chain to fetch and keep.
	Data Data
	// Dial opens connections, net.Dialer if nil.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// Keys sets the cost of the password; the zero value is right but in tests.
	Keys keystore.Options
	// Log receives what may help when something goes wrong; nil means nothing.
	Log *slog.Logger
	// Now is the clock, time.Now if nil.
	Now func() time.Time
}

func (e *Env) folder() config.Folder { return config.NetworkFolder(e.DataDir, e.Network) }

func (e *Env) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

func (e *Env) log() *slog.Logger {
	if e.Log != nil {
		return e.Log
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

// anyPeers refuses wrong settings, and to look for peers where none can be found.
func (e *Env) anyPeers(p Peering) error {
	if err := CheckPeering(p); err != nil {
		return err
	}
	if len(p.Connect)+len(p.Preferred)+len(e.FixedSeeds) > 0 || e.folder().KnowsPeers() {
		return nil
	}
	return e.nobody(p)
}

// nobody says why no peer can be found where none is known; nil if DNS seeds can
// be asked.
func (e *Env) nobody(p Peering) error {
	why := ""
	switch {
	case len(e.Params.Net.DNSSeeds) == 0:
		why = e.Network + " has no public peers"
	case p.NoDNS:
		why = "DNS seeds are switched off, and no list of peers comes with Thistle yet"
	case p.Proxy != "":
		why = "through a proxy no DNS seeds are asked, and no list of peers comes with Thistle yet"
	default:
		return nil
	}
	return &Error{Op: OpFindPeers, Kind: KindNoPeers, Detail: why + ", so name one to connect to"}
}

// unreached says who does not answer, where that was named; else nothing.
func unreached(p Peering) string {
	switch {
	case p.Proxy != "":
		return "none was reached through the proxy " + p.Proxy + "; see whether it is running"
	case len(p.Connect) == 1:
		return p.Connect[0] + " does not answer; see whether it is running"
	case len(p.Connect) > 1:
		return "none of those that you named answers; see whether they are running"
	}
	return ""
}

// OpFindPeers is the operation of errors that only naming a peer mends.
const OpFindPeers = "look for peers"

// peerConfig is what a peer is told of the network and of how to meet others.
func (e *Env) peerConfig() spv.Config {
	p := e.Peering
	return spv.Config{
		Params: e.Params, FilterCheckpoints: e.FilterCheckpoints, Dir: e.folder().Dir,
		Connect: p.Connect, Preferred: p.Preferred, NoDNS: p.NoDNS, FixedSeeds: e.FixedSeeds, Proxy: p.Proxy, OnionOnly: p.OnionOnly,
		Listen: p.Listen, LowData: p.LowData, NoV2: p.NoV2, Bloom: p.Bloom,
		Dial: e.Dial, Log: e.Log, Now: e.Now,
	}
}

// lock takes the network's folder for this program alone.
func (e *Env) lock() (*instance.Lock, error) {
	const op = "open data folder"
	l, err := instance.Acquire(e.folder().Lock())
	if errors.Is(err, instance.ErrInUse) && e.daemonRuns() {
		return nil, &Error{Op: op, Kind: KindInUse, Detail: "the data folder is in use by the daemon, which \"thistle daemon stop\" ends", Err: err}
	}
	if err != nil {
		return nil, failure(op, err)
	}
	return l, nil
}

// daemonRuns tells whether who holds the folder takes calls.
func (e *Env) daemonRuns() bool {
	c, err := Call(e.DataDir, e.Network)
	if err != nil || c == nil {
		return false
	}
	_ = c.Close()
	return true
}

// newRand gives dice over the system's random source: what they decide (which
// coins, where the change goes) must not be guessed from outside.
func newRand() *rand.Rand {
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails: it ends the process instead
	return rand.New(rand.NewChaCha8(seed))
}

// failure gives an error of a lower layer its kind.
func failure(op string, err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	var wrong *config.PeeringError
	if errors.As(err, &wrong) {
		return &Error{Op: op, Kind: KindPeering, Detail: wrong.Text, Err: err}
	}
	for _, k := range failureKinds {
		if errors.Is(err, k.err) {
			return &Error{Op: op, Kind: k.kind, Err: err}
		}
	}
	return &Error{Op: op, Kind: KindInternal, Err: err}
}

var failureKinds = []struct {
	err  error
	kind Kind
}{
	{instance.ErrInUse, KindInUse},
	{spv.ErrInUse, KindInUse},
	{spv.ErrDiskFull, KindDiskFull},
	{keystore.ErrInUse, KindInUse},
	{keystore.ErrExists, KindExists},
	{keystore.ErrWrongPassword, KindPassword},
	{keystore.ErrPassword, KindPasswordRule},
	{keystore.ErrForeignNetwork, KindForeign},
	{keystore.ErrVersion, KindVersion},
	{keystore.ErrCorrupt, KindDamaged},
	{keystore.ErrTampered, KindDamaged},
	{keystore.ErrKDFBounds, KindDamaged},
	{keystore.ErrLocked, KindLocked},
	{keystore.ErrClosed, KindLocked},
	{ledger.ErrForeign, KindForeign},
	{ledger.ErrRows, KindDamaged},
	{walletdb.ErrInUse, KindInUse},
	{walletdb.ErrForeign, KindForeign},
	{walletdb.ErrCorrupt, KindDamaged},
	{walletdb.ErrDiskFull, KindDiskFull},
	{walletdb.ErrNewer, KindVersion},
	{walletdb.ErrClosed, KindLocked},
	{config.ErrName, KindName},
	{config.ErrNetwork, KindNetwork},
	{syscall.ENOSPC, KindDiskFull},
	{fs.ErrPermission, KindPermission},
	{instance.ErrStranger, KindPermission},
	{syscall.EROFS, KindPermission},
}
