// Package receive is the screen on which an address is offered: as a picture for
// a camera, in groups of four for the eye, and as a link with the amount and the
// label that the person adds. Below it stand the addresses handed out before, and
// what has come of them.
//
// # Rules
//
//   - What is copied or saved says what the fields say: an amount that was typed
//     but not taken over yet is taken over first, and if it cannot be, nothing is
//     copied.
//   - What was copied is read back and compared, and the screen says how that
//     went: programs that exchange addresses on the clipboard exist.
//   - Typed text stays until it is taken over, whatever news comes meanwhile.
//   - When the unit changes, the typed amount is rewritten, never reinterpreted.
//
// # How to test
//
// With Fyne's test driver and made-up Actions, through the widgets' identifiers:
// CGO_ENABLED=0 go test ./ui/receive.
package receive
