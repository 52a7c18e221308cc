// Package present says in plain words what package app says in types: errors as
// sentences, amounts and addresses for the eye, states and events as a person
// would name them. The window and the command line share it, so that both say
// the same.
//
// # Rules of its language
//
//   - An error is one sentence: what is wrong, and what can be done about it if
//     anything can. It names no flags and no buttons, since it does not know
//     which face shows it.
//   - "Sent" is said only when a peer that we had not told has told us of the
//     payment. Change is never called a payment.
//   - Amounts have all eight decimals in groups, and a sign wherever they could
//     go either way. Colour is a face's business and never says anything alone.
//   - Texts that come from files, links or peers go through Plain first.
//
// # What is not here
//
// No printing, no clock, no terminal, no Fyne: values in, strings out.
//
// # How to test
//
// Every kind of error, state and event must have its words; the tests go through
// all of them.
package present
