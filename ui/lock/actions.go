package lock

// Actions is what the locked screen asks for. All are called on the window's
// goroutine and return at once; done is called there later, or at once.
type Actions struct {
	// Unlock opens a wallet. It wipes the password. A problem is a sentence;
	// without one the shell shows another screen and calls Hidden.
	Unlock func(wallet string, password []byte, done func(problem string))
	// New begins the wizard.
	New func()
}
