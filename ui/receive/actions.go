package receive

// Actions is what the screen asks of the wallet, on the window's goroutine; done
// is called there later, or at once. A problem is a sentence.
type Actions struct {
	// Next hands out another address. The state's Shown is that address before
	// done is called.
	Next func(done func(problem string))
	// Describe gives the shown address a label and an amount to ask for, in the
	// person's unit, empty for none. The state's Shown has both before done is
	// called.
	Describe func(label, amount string, done func(problem string))
	// Copy puts text on the clipboard, reads it back and tells whether it is
	// there unchanged.
	Copy func(text string) (ok bool)
	// SaveQR offers to save the picture, a PNG.
	SaveQR func(png []byte)
}
