// Package onboard is the wizard that leads to a wallet: a new one (name, words to
// be written down, a check that they were, password) or an old one brought back
// from its recovery words.
//
// # Rules
//
//   - Nothing is made before the last step, and then once, however often the
//     button is pressed.
//   - Words are in widgets only while their step is shown. They are never on the
//     clipboard: there is no button for it, and fields for words do not copy.
//   - The check asks for words at places that are thrown anew each time. "Later"
//     says what it means and must be pressed twice.
//   - Back keeps what was typed. Leaving the wizard, by Hidden or by success,
//     forgets everything and wipes what can be wiped.
//   - Every step can be done with the keyboard alone: the first field has the
//     focus, Enter leads on.
//
// # What is not here
//
// Which step follows, which words are asked for and what is wrong with an answer
// is decided by present.Wizard, which knows no window.
//
// # How to test
//
// With Fyne's test driver, by the identifiers of ui/kit; the Actions are fakes
// that answer at once or later.
package onboard
