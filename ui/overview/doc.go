// Package overview is the first screen of an open wallet: what it owns, how
// that came to be, and what happened last. It answers the question "am I all
// right?" at a glance and leads to everything else.
//
// # Rules
//
//   - A balance that may not be whole says so beside it.
//   - As many payments are listed as fit whole: nothing is cut off, and nothing
//     scrolls; the history has the rest.
//   - Updates come often. Only what changed is drawn.
//
// # How to test
//
// With Fyne's test driver and made-up Actions, through the widgets' identifiers:
// CGO_ENABLED=0 go test ./ui/overview.
package overview
