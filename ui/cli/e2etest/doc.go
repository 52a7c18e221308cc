// Package e2etest runs the wallet as its users do: the real program as a
// process, against real btcd processes on a private network.
//
// # What is here
//
//   - Build finds btcd (a tool of this module) and builds the program.
//   - StartNode runs a btcd node: regtest, loopback, free ports, an empty chain
//     each time. Blocks are put together here and handed to it, so that a test
//     decides what is in them, when they were found and who is paid.
//   - Faucet owns coins on such a chain and pays from them.
//   - Home is a data folder with the program: it runs commands, reads their
//     JSON, and follows one that keeps running line by line.
//   - Account derives the wallet's addresses from its recovery words with other
//     code than the wallet's own, and so says what should be found.
//   - Proxy stands between the two, counts and keeps what passes; Silent is a
//     peer that accepts and never says a word; Asker asks, and shows answers.
//   - Socks is a proxy that notes who asked it for what, StartMicrosocks one of
//     somebody else's making, DNS a name server.
//   - Hosts have networks of their own, on one wire that leads nowhere else.
//
// # Guarantees
//
// Every process ends with its test, also when that fails or panics, and on
// Linux when the test binary is killed. Nothing waits for a time to pass: all
// waits are for a condition and have a deadline.
//
// # Use
//
// All files but this one, and the tests in ui/cli that use them, are under the
// build tag e2e: go test -tags e2e -run E2E ./ui/cli
package e2etest
