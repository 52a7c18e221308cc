package history

import "thistle/ui/present"

// Actions is what the screen asks of the wallet, on the window's goroutine; done
// is called there later. A problem is a sentence.
type Actions struct {
	// Details gathers all that is known of a payment. Called again whenever the
	// chosen payment may have changed.
	Details func(txid string, done func(d *present.Payment, problem string))
	// Label gives a payment a label, empty to take it away.
	Label func(txid, label string, done func(problem string))
	// ExportProof offers to save the proof's bytes, hexadecimal as other software
	// takes them.
	ExportProof func(txid string)
	// Copy puts text on the clipboard, reads it back and tells whether it is
	// there unchanged.
	Copy func(text string) (ok bool)
	// Receive goes to the screen of that name.
	Receive func()
}
