// Package history is the screen of all payments: a list of them, with a search,
// and beside it everything that is known of the chosen one, down to the hashes
// that prove that it is in a block.
//
// # Rules
//
//   - The list is virtual. However long the history, an update costs what can be
//     seen of it.
//   - The chosen payment is remembered by its id, so that it stays chosen when
//     others arrive, and stays open when a search hides its row.
//   - Details come later than they were asked for: an answer about another
//     payment than the chosen one is dropped.
//   - A label being typed is neither overwritten by an update nor lost.
//   - Addresses and ids are shown whole.
//
// # How to test
//
// With Fyne's test driver and made-up Actions, through the widgets' identifiers:
// CGO_ENABLED=0 go test ./ui/history.
package history
