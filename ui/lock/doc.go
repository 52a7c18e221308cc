// Package lock is the screen that stands before a wallet while none is open: which
// wallet, its password, and what the peer is doing meanwhile.
//
// # Rules
//
//   - The password leaves the field when it is handed on, and whoever gets it
//     wipes it.
//   - While a wallet is being opened nothing can be pressed twice.
//   - A wallet that cannot be opened is named with the reason, and cannot be
//     chosen.
//   - The field has the focus when the screen is shown, and loses it after a
//     while without typing: a blinking cursor costs a tenth of a processor for
//     as long as it blinks. Whatever is typed then goes to the field all the same.
//
// # What is not here
//
// No clock: Idle is told the time. No wallet: Actions opens it.
//
// # How to test
//
// With Fyne's test driver, by the identifiers of ui/kit; the Actions are fakes
// that answer at once or later.
package lock
