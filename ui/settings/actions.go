package settings

import "thistle/ui/present"

// Actions is what the screen asks for, on the window's goroutine; done is called
// there later. A problem is a sentence. Secrets are wiped by whoever gets them.
type Actions struct {
	// Change keeps the settings and applies them at once.
	Change func(present.Settings)
	// ChangePassword gives the wallet another password.
	ChangePassword func(old, new []byte, done func(problem string))
	// Words reveals the recovery words, to be shown and wiped.
	Words func(password []byte, done func(words []byte, problem string))
	// WordsChecked notes that the person has shown to have them on paper.
	WordsChecked func()
	// Lock locks the wallet.
	Lock func()
	// NewWallet begins the wizard for another wallet.
	NewWallet func()
}
