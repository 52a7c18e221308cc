//go:build e2e

package e2etest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/rpcclient"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// Net is the network of all nodes.
var Net = &chaincfg.RegressionNetParams

// Node is a btcd process with an empty chain at its start.
type Node struct {
	*process
	// Addr is where it listens for peers.
	Addr string
	RPC  *rpcclient.Client

	t      testing.TB
	host   *Host
	bin    string
	args   []string
	output *os.File
	nonce  uint64 // makes coinbases differ
}

// NodeOptions say how a node is started.
type NodeOptions struct {
	// Follow are nodes that it connects to and takes its chain from.
	Follow []*Node
	// MiningAddr is whom Generate pays.
	MiningAddr string
	// V2 lets it speak the encrypted transport (BIP324).
	V2 bool
	// NoFilters makes it serve no compact filters.
	NoFilters bool
	// Addr is where it listens for peers, a free port of this computer if empty.
	Addr string
	// Host is where it runs, here if nil.
	Host *Host
}

// StartNode runs a node and waits until it answers and has the tip of those it
// follows. btcd deletes its regtest chain at every start.
func StartNode(t testing.TB, bins Binaries, opts NodeOptions) *Node {
	t.Helper()
	var failure error
	for range 5 { // a port may be taken between looking and listening
		var n *Node
		if n, failure = startNode(t, bins, opts); failure == nil {
			for _, leader := range opts.Follow {
				n.AwaitTip(leader)
			}
			return n
		}
	}
	require.NoError(t, failure)
	return nil
}

func startNode(t testing.TB, bins Binaries, opts NodeOptions) (*Node, error) {
	dir := t.TempDir()
	config := filepath.Join(dir, "btcd.conf")
	require.NoError(t, os.WriteFile(config, nil, 0o600))
	n := &Node{t: t, host: opts.Host, bin: bins.Btcd, Addr: opts.Addr}
	if n.Addr == "" {
		n.Addr = freeAddr(t)
	}
	rpcAddr := freeAddr(t)
	n.args = []string{
		"--regtest", "--datadir=" + filepath.Join(dir, "data"), "--logdir=" + filepath.Join(dir, "logs"),
		"--configfile=" + config,
		"--listen=" + n.Addr, "--rpclisten=" + rpcAddr, "--rpcuser=e2e", "--rpcpass=e2e", "--notls",
		"--nodnsseed", "--nobanning", "--whitelist=127.0.0.1", "--trickleinterval=100ms", "--txindex",
		"--rpcmaxclients=50", "--debuglevel=RPCS=warn",
	}
	for _, leader := range opts.Follow {
		n.args = append(n.args, "--connect="+leader.Addr)
	}
	if opts.V2 {
		n.args = append(n.args, "--v2transport")
	}
	if opts.NoFilters {
		n.args = append(n.args, "--nocfilters")
	}
	if opts.MiningAddr != "" {
		n.args = append(n.args, "--miningaddr="+opts.MiningAddr)
	}
	var err error
	n.output, err = os.Create(filepath.Join(dir, "output"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = n.output.Close() })
	if err := n.launch(); err != nil {
		return nil, err
	}
	t.Cleanup(func() { tellLog(t, n.name, n.output.Name()) })
	n.RPC, err = rpcclient.New(&rpcclient.ConnConfig{
		Host: n.host.Reach(t, rpcAddr), User: "e2e", Pass: "e2e", HTTPPostMode: true, DisableTLS: true,
		DisableAutoReconnect: true,
	}, nil)
	if err != nil {
		return nil, err
	}
	t.Cleanup(n.RPC.Shutdown)
	return n, n.awaitReady()
}

func (n *Node) launch() (err error) {
	cmd := n.host.inside(exec.Command(n.bin, n.args...))
	cmd.Stdout, cmd.Stderr = n.output, n.output
	n.process, err = start(n.t, "btcd "+n.Addr, cmd)
	return err
}

// Restart ends the node as a power cut would, and starts it where it was, with
// an empty chain.
func (n *Node) Restart() {
	n.t.Helper()
	n.Kill()
	require.NoError(n.t, n.launch())
	require.NoError(n.t, n.awaitReady())
}

// awaitReady waits until RPC and P2P answer; an error is the end of the process.
func (n *Node) awaitReady() error {
	deadline, look := time.After(Patience), time.NewTicker(glance)
	defer look.Stop()
	for {
		if conn, err := n.host.Dial("", n.Addr); err == nil {
			_ = conn.Close()
			if _, err := n.RPC.GetBlockCount(); err == nil {
				return nil
			}
		}
		select {
		case <-n.done:
			return fmt.Errorf("%s ended: %v", n.name, n.cmd.ProcessState)
		case <-deadline:
			return fmt.Errorf("%s does not answer", n.name)
		case <-look.C:
		}
	}
}

// tellLog shows the end of a node's output when the test has failed.
func tellLog(t testing.TB, name, path string) {
	if !t.Failed() {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	t.Logf("%s said at last:\n%s", name, text[max(0, len(text)-2000):])
}

// freeAddr is a loopback address that was free a moment ago, below the range
// that systems hand out by themselves.
func freeAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 15_000+rand.IntN(15_000))
		if l, err := net.Listen("tcp", addr); err == nil {
			require.NoError(t, l.Close())
			return addr
		}
	}
	require.FailNow(t, "no free port")
	return ""
}

// ClosedAddr is a loopback address where nobody listens.
func ClosedAddr(t testing.TB) string { return freeAddr(t) }

// Height is the height of the node's tip.
func (n *Node) Height() int32 {
	n.t.Helper()
	height, err := n.RPC.GetBlockCount()
	require.NoError(n.t, err)
	return int32(height)
}

// TipHash is the hash of the node's tip.
func (n *Node) TipHash() chainhash.Hash {
	n.t.Helper()
	hash, err := n.RPC.GetBestBlockHash()
	require.NoError(n.t, err)
	return *hash
}

// AwaitTip waits until the node has the tip of another.
func (n *Node) AwaitTip(leader *Node) {
	n.t.Helper()
	want := leader.TipHash()
	Eventually(n.t, n.name+" to have the tip of "+leader.name, func() bool { return n.TipHash() == want })
}

// Submit puts a transaction into the node's mempool, from where it is relayed.
func (n *Node) Submit(tx *wire.MsgTx) chainhash.Hash {
	n.t.Helper()
	txid, err := n.RPC.SendRawTransaction(tx, true)
	require.NoError(n.t, err)
	return *txid
}

// InPool reports whether the node's mempool holds a transaction.
func (n *Node) InPool(txid chainhash.Hash) bool {
	n.t.Helper()
	pool, err := n.RPC.GetRawMempool()
	require.NoError(n.t, err)
	for _, id := range pool {
		if *id == txid {
			return true
		}
	}
	return false
}

// PoolSize counts the transactions in the node's mempool.
func (n *Node) PoolSize() int {
	n.t.Helper()
	pool, err := n.RPC.GetRawMempool()
	require.NoError(n.t, err)
	return len(pool)
}

// AwaitInPool waits until the node's mempool holds a transaction.
func (n *Node) AwaitInPool(txid chainhash.Hash) {
	n.t.Helper()
	Eventually(n.t, fmt.Sprintf("%v in the mempool of %s", txid, n.name), func() bool { return n.InPool(txid) })
}
