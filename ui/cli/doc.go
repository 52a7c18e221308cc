// Package cli is the wallet on the command line: every use case of package app
// as a command, for people at a terminal and, with --json, for programs.
//
// # For programs
//
// With --json stdout holds exactly one JSON value on one line, whatever happens:
// the result, or what went wrong as Failure. (`watch` and `demo --headless` print
// a value per line as they go.) The shapes are the types of schema.go, printed by
// `thistle help json` and held by a test. What went wrong stands on stderr too,
// and so do warnings, as lines of JSON. Exit codes are in exit.go.
//
// # For people
//
// Aligned and calm: amounts in groups with their unit, addresses in groups of
// four, states in the words of ui/present. Colour and progress only on a
// terminal, and colour never where NO_COLOR is set.
//
// # Secrets
//
// Passwords, passphrases and recovery words come from files or from the terminal
// without echo, never from arguments or the environment, where other programs
// could read them. Their bytes are cleared at the end. On a terminal the password
// is asked again to sign.
//
// # The daemon
//
// A command calls the daemon of its folder, if there is one (call.go), and is run
// by it (daemon.go) in the daemon's session, with wallets that stay open. All that
// touches the person stays with the command and is asked for over the socket
// (wire.go): both streams, files, passwords. So a command is written once, for
// package app, and does not know where it runs; house.go has the few calls that
// differ.
//
// # What is not here
//
// No rules of Bitcoin and no files of the wallet: package app has them. No
// concrete peer, keystore or sandbox either: Deps brings what builds them, so
// that Run is the whole program but for main's wiring, and tests run it in
// process.
//
// # How to test
//
// Run(ctx, deps, args) against the nodes of spv/sandbox; see harness_test.go.
package cli
