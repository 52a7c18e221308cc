// Package send is the screen on which a payment is made, in three steps: it is
// typed and looked at while being typed (compose), it is shown as it would be
// sent and the password is asked for (review), and its way through the network
// is followed (sent).
//
// # Rules
//
//   - What was typed is lost only when the payment is on its way: a refusal, a
//     wrong password, a draft that no longer holds, or a visit to another screen
//     leave every field as it was.
//   - An answer counts only if it is about what the fields say now.
//   - A payment is confirmed at most once, however often the button is hit.
//   - When the unit changes, amounts in the fields are rewritten, never
//     reinterpreted.
//   - "Sent" is said by package present alone.
//
// # How to test
//
// With Fyne's test driver and made-up Actions, through the widgets' identifiers:
// CGO_ENABLED=0 go test ./ui/send.
package send
