// Package peers is the screen that shows whom the wallet talks to and how far
// that has brought it: a star of peers around the person; how well that is, in
// one sentence, or four bars of the sync; and a table. Peers can be added there,
// looked at and refused.
//
// # Rules
//
//   - It shows what it is told. Bars stand still while
//     nothing happens; nothing here moves by itself, since every frame costs
//     power.
//   - Peers keep their places as long as they stay; the table is a list that
//     makes widgets only for what is seen.
//   - Text that peers sent comes from package present, which has made it plain.
//   - Green means that a peer serves filters; the legend and the table say it in
//     words.
//
// # How to test
//
// CGO_ENABLED=0 go test ./ui/peers looks for texts by their identifiers.
package peers
