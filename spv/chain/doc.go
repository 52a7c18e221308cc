// Package chain is the judge of block headers: which are valid, and which of
// the valid chains is the one to follow.
//
// A light client sees no transactions but those it asks for, so everything it
// believes rests on headers: 80 bytes each, chained by hash, each costing work
// that cannot be faked. The package holds them in a Tree: one best chain, the
// one with the most summed work, and the side branches that might still
// overtake it. Headers come in batches, are checked against every rule that a
// header alone can show, and a batch answers with the Change it made to the
// best chain.
//
// # Where a chain begins
//
// A wallet born today needs no headers of 2012. A Tree begins at a Base: a
// block known by hash, height and summed work, right before a difficulty
// period, so that every later retarget can be computed exactly. Genesis is the
// Base at height -1; the others are the checkpoints of the network.
//
// What turns out to be needed below comes later, in any order from anybody: a
// Run is headers that CheckRun found right by themselves, and Lower puts runs
// that lead from an earlier base to the tree's own under it. Near a base less is
// known of times than the median rule asks for; only what is wrong whatever came
// before is refused, and the rest is judged when it has come.
//
// # Where headers are
//
// The newest are in memory. Older ones may be on disk only: Release lets go of
// what a Source can give back, Open begins a tree with such a chain. A Source
// that fails does not make a header unknown or a peer guilty: the tree is of no
// more use, and Err says why.
//
// # Rules checked
//
//   - each header links to a known one;
//   - the compact target is positive, in range and no easier than the
//     network's limit, and the hash does not exceed it;
//   - the target is the one the retarget rule demands, rounding included:
//     once per period on mainnet and signet, with the 20-minute exception on
//     testnets, with BIP94 on testnet4, never on regtest;
//   - the time is later than the median of the 11 blocks before, and at most
//     two hours ahead of the caller's clock;
//   - the version is not one retired by BIP34, BIP66 or BIP65;
//   - BIP94's limit on time warps, and BIP54's if the parameters ask for it;
//   - a header at a checkpoint's height is that checkpoint, and no branch
//     leaves the best chain below the last checkpoint it has passed.
//
// # Guarantees
//
// The best chain is the one with the most work among all headers held; of
// equals the first seen stays. Forks down to the last checkpoint can win,
// however many batches they take to arrive, if they overtake within
// MaxSideHeaders headers; that and MaxSideBranches bound their memory. Of a
// longer one a Trail tells how much work it has, and Prefer makes room for it.
// Given the same calls in the same order a Tree does the same. A header once in
// is never judged again, and the valid part of a batch is kept even when a later
// header is not valid.
//
// # Not here
//
// The package is pure: no disk, no network, no clock. It cannot check what
// only a block's body shows: signet's block signature (BIP325), the coinbase's
// height, the Merkle root. A Tree is not safe for concurrent use.
//
// # Testing
//
// go test ./spv/chain/... compares every judgement with btcd's on random
// chains, of what is put below a tree too, the tree with a quadratic model, and both with real headers when the
// vectors are there (see thistle/assets/assetstest). go test -bench . measures.
package chain
