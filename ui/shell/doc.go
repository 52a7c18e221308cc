// Package shell is the window that holds everything together: it opens the
// network's folder, shows the wizard, the lock screen or an open wallet's
// screens, and carries what they ask for to the wallet and back.
//
// # How it is divided
//
// controller.go and its neighbours (start.go, watch.go) hold session
// and wallet; they know no window and may be called from any goroutine. Shell
// and its neighbours live on the window's goroutine alone. bridge.go joins the
// two with the only fyne.Do of the program: work goes off with Shell.off, and
// what it returns runs on the window's goroutine.
//
// # Rules
//
//   - Nothing slow happens on the window's goroutine: no disk, no key derivation,
//     no waiting for a lock that the wallet may hold.
//   - News only sets a flag. A snapshot is taken at most every 250 ms, one is
//     under way at a time, and a screen is drawn only if its state changed.
//   - Locking drops all screens: they are built anew at the next unlocking, so
//     that nothing of a wallet remains in the window.
//   - Whoever uses the wallet is counted; closing it waits for them. Closing the
//     window ends everything in order, from any state, within a bound.
//   - Secrets come as bytes, go on as app.Secret, and are wiped after use.
//
// # How to test
//
// With Fyne's test driver and a network inside the process, found, tapped and
// filled in by identifiers; Options.Dispatch is a queue that the test empties on
// its own goroutine: CGO_ENABLED=0 go test ./ui/shell.
package shell
