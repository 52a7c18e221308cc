package send

import "thistle/ui/present"

// Actions is what the screen asks of the wallet, on the window's goroutine; done
// is called there later, or at once. A problem is a sentence.
type Actions struct {
	// Check looks at what was typed so far: whatever is wrong, and what it would
	// cost if nothing is. Called at every change; only the last answer counts.
	Check func(form present.SendForm, done func(present.SendCheck))
	// Review chooses coins and works out the fee. Nothing is signed.
	Review func(form present.SendForm, done func(r *present.Review, problem string))
	// Confirm signs and sends what was reviewed. It wipes the password. If it
	// went well the state's Sent part is this payment's before done is called,
	// and tells from then on how far it has come.
	Confirm func(password []byte, done func(present.SendFailure))
	// Discard forgets what was reviewed, and the state's Sent part.
	Discard func()
	// Copy puts text on the clipboard, reads it back and tells whether it is
	// there unchanged.
	Copy func(text string) (ok bool)
	// Open shows the payment in the history.
	Open func(txid string)
}
