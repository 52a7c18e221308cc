// Package settings is the screen where a person says how the window is to be,
// changes the wallet's password, sees the recovery words again, and shows to
// have them on paper.
//
// # Rules
//
//   - What is chosen holds at once; there is no button to apply it. Everything is
//     kept on this computer only, and the screen says so.
//   - A password lies in its field only until it is used. Recovery words are
//     shown after the password was asked for, and for a minute at most; leaving
//     the screen takes them away.
//   - What is drawn from a state never counts as a choice of the person.
//
// # What is not here
//
// No clock: the state brings the time. No wallet: Actions does the work, and its
// answers come later on the window's goroutine; those that come too late are
// dropped.
//
// # How to test
//
// CGO_ENABLED=0 go test ./ui/settings works the screen by its identifiers.
package settings
