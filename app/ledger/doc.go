// Package ledger is the wallet's core: facts in, changes out. It decides which
// transactions are ours, which of them count, what the balance is, which blocks
// have been searched and which are still to be.
//
// # How it is used
//
// One goroutine owns a [Ledger]. It calls [Ledger.Apply] with what happened in
// the world, saves the returned [Change] in one disk transaction, and only then
// tells anybody. A ledger is rebuilt from its saved rows with [Load]; the result
// answers every question exactly as the one that wrote them. If saving fails the
// ledger is ahead of the disk: throw it away and load it again.
//
// The driver's loop is: [Ledger.Reconcile] against the chain of headers and
// apply the move; apply [LookFurther] while there is [Ledger.FarLacking]; for every
// [Gap] of [Ledger.Missing], or a part of it, match the filters against
// [Ledger.Scripts] and apply what [Gap.Answer] makes of the result; fetch every
// block of [Ledger.Unapplied] and apply [BlockApplied]; until nothing is missing.
//
// # Guarantees
//
// Facts are idempotent and accepted in any order: newest blocks first, a spend
// before what it spends, a script derived after the block that pays it. What is
// still unknown is always a [Gap] or an unapplied hit, never silence: while there
// is one, [Balance].Final is false.
//
//   - What is ours is decided by the window: the scripts of each keychain up to a
//     look-ahead past the last used or revealed one. It is the same in whatever
//     order blocks come.
//   - Coverage is kept per batch of scripts, in intervals that end in a block
//     hash. A batch never gains scripts: new ones are a new batch, and batches
//     merge into one under a new name, so an answer to an old question can never
//     count for scripts it was not asked about. A reorganisation cuts coverage at
//     the fork, and answers to questions asked before it are refused.
//   - Batches reach far beyond the window. What hits far scripts only is remembered
//     and not fetched; when the window moves on, the blocks that its new scripts
//     hit are wanted at once, and no filter is asked again. The balance waits for
//     nothing that is far.
//   - A hit is recorded, then fetched, then applied. A block is applied for the
//     window's scripts at that time; it is wanted again if it hits a later one.
//   - An anchor (this transaction, in that block) is never forgotten. Whether it
//     counts depends on the view of the chain, so a reorganisation undoes it and
//     the way back redoes it without fetching anything.
//   - A spend met before what it spends takes effect when the older output appears.
//     P2PKH, P2WPKH, and P2WPKH in P2SH name their key when they are spent: such a
//     spend is kept. A taproot spend names none: until everything is known, each
//     block that was applied keeps hashes of what it spends in that way, and is
//     wanted again when an output of ours appears among them. If what is known turns
//     out not to be everything (an earlier birthday, a rescan, a reorganisation),
//     blocks of which something was dropped meanwhile are wanted again.
//   - An unconfirmed transaction that spends our outputs is believed only if its
//     signatures for them are valid: no peer can make our coins look spent. One that
//     spends taproot outputs before they are known is known once it is in a block.
//   - The outcome of conflicts does not depend on the order in which they were
//     learnt: confirmed beats unconfirmed, later beats earlier, a descendant of a
//     loser loses.
//
// # Not here
//
// No disk (app/walletdb), no clock, no network, no fee rules, dust or coin
// selection (app/txbuild, app/coinselect), no keys. Facts about blocks are held
// to be checked already (proof of work, Merkle root).
//
// # Testing it
//
// A naive model that replays everything from scratch is compared with the ledger
// after thousands of random facts, with reorganisations, conflicts, duplicates
// and restarts from saved rows: go test ./app/ledger, with -ledger.seed=N to run
// one seed again.
package ledger
