// Package spv is the peer seen from outside: a client of the Bitcoin network
// that syncs headers, fetches and checks compact filters, blocks and
// transactions, and hands transactions to others.
//
// Open reads what the disk holds, Run talks to the network until its context
// ends; everything else may be called at any time in between, Run or not. The
// deciding is done by the pure machine in spv/protocol, the sockets are
// spv/peer's, the disk is spv/store's; this package only carries inputs and
// outputs between them.
//
// # What it knows of a wallet
//
// Nothing. Filters of all blocks from the birthday on are kept on disk, and
// Match asks them about scripts on this computer; the scripts are forgotten
// when it returns. What peers see are requests for all filters, for the few
// whole blocks that matter, and transactions offered.
//
// # Guarantees
//
//   - An Event is published after what it tells of is on disk.
//   - The client can be killed at any moment; what was committed is read again
//     at the next Open, and damaged files are set aside and downloaded anew.
//   - A subscriber that does not read slows nobody down: it is told with an
//     Overflow that it must look at the state again.
//
// Tests drive it with full nodes in the same process and, in the e2e tests of the
// command line, with real btcd processes.
package spv
