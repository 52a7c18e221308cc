// Package app is the wallet as faces use it: one call per use case, results as
// plain values, a stream of events. It joins the peer (spv) and the keys
// (keystore), which never meet otherwise.
//
// # Flow
//
// The peer keeps the public chain and the filters of all blocks since the
// birthday. The wallet asks it to match scripts against filters on disk
// (whatever the ledger's coverage lacks), fetches the blocks that were named,
// and turns them into facts for the ledger. Each fact's change is one
// transaction of wallet.db, so a crash at any moment loses nothing that was
// told and counts nothing twice.
//
// A payment goes the other way: coins are chosen and a PSBT is built, the
// keystore signs it with the password asked again, the signed transaction is
// looked at once more, saved as pending, and only then announced.
//
// # Alone or in a session
//
// A command opens one wallet, which takes the network's folder and runs a peer of
// its own (Open, Run). A window stays: its Session holds the folder and runs the
// peer, wallets are opened and locked meanwhile and follow that peer. A wallet
// that needs an older chain than the session has makes it begin anew, earlier;
// its birthday is never raised instead.
//
// What a window shows before it asks for the password is a Draft: chosen coins
// and a fee, nothing signed. SendDraft signs exactly that or refuses.
//
// # Guarantees
//
//   - Errors are of type *Error, whose kind has one sentence and one exit code.
//   - Everything that tells of the wallet is sealed on disk.
//   - Balance, history, addresses and proofs never need a connection.
//   - A closed wallet has forgotten keys, addresses and history, and nothing of it
//     goes on but that a session announces its signed payments, until they are seen
//     to have travelled.
//   - Whatever is ended, in whatever order, ends: no call hangs on another.
//
// # Testing
//
// Tests run wallets with cheap keys (keystoretest) against full nodes in the same
// process (spv/sandbox), which mine, pay, reorganise and fall silent on demand.
// The command line's end-to-end tests do the same with real btcd processes.
package app
