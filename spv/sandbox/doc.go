// Package sandbox is a private Bitcoin network inside this process: full
// regtest nodes that validate, mine, pay and speak the peer-to-peer protocol on
// the loopback.
//
// # What for
//
// `thistle demo` needs a network on which everybody may be rich, and the
// end-to-end tests need a peer that is honest because it checks everything: a
// light client tested only against a fake would be tested against its author's
// understanding of the protocol. So the judging here is btcd's own: blockchain
// (consensus), indexers (compact filters), mempool (relay policy), mining
// (block templates), peer (framing and handshake) and database/ffldb (disk).
//
// # What is ours, and why not netsync
//
// btcd answers peers from its package main, which cannot be imported, so the
// answers (serve.go), the following of other nodes (follow.go) and the
// announcing (relay.go) are written here. Its netsync is left out on purpose:
// it relays and cleans the mempool only while it thinks itself "current", a
// judgement that a peer's shortened chain or an old tip can spoil for good, it
// ignores announcements during a first download, and it cannot be stopped
// without leaving goroutines waiting.
//
// # Guarantees
//
//   - Every block and transaction a node has or passes on went through btcd's
//     full validation; transactions also through its standardness rules.
//   - A node answers getheaders and getcf* at every height and however old its
//     tip is. It never announces a transaction back to whoever sent it.
//   - Several blocks mined at once are announced together, as one change of the
//     chain, up to eight of them by name, beyond that only the last.
//   - A reorganisation is a branch that overtakes, as on a real network: peers
//     never see the chain shrink first. Invalidate is there for the other kind.
//   - A node with a folder of its own has kept every block and transaction
//     before a peer hears of it: killed at any moment, it goes on where it was.
//     (An Invalidate is not kept.) Nothing of the folder is ever deleted that
//     cannot be made again; what is damaged is set aside.
//   - When Close returns the port is free, the temporary folder gone and the
//     database shut. Of goroutines only those of btcd's peers may still be on
//     their way out, for some milliseconds.
//   - Nodes are safe for concurrent use, and as many as you like may live in
//     one process: they share no state.
//
// Mute makes a node deaf to commands of your choice, which is how tests get a
// peer that never answers.
//
// # What is not here
//
// No RPC, no address book, no bans, no BIP37, no BIP324, no BIP152. Filters of
// stale blocks are gone, as in btcd: asking for them meets silence. The faucet's
// key guards coins worth nothing and is kept in the open.
//
// # How to test against it
//
//	net, err := sandbox.Network(ctx, 2)     // two linked nodes with funds
//	defer net.Close()
//	txid, err := net[0].Pay(pkScript, 1e6)  // unconfirmed, relayed
//	_, err = net[0].Mine(1, nil)            // confirmed
//	err = net[0].Reorg(1, 2)                // unconfirmed again
//	err = net[1].Await(ctx, func() bool { … })
//
// Await waits for a condition without polling: it looks again whenever the
// node's chain, mempool or peers change.
package sandbox
