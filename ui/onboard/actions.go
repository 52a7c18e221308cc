package onboard

// NewWallet is what the wizard has gathered to make a wallet. The secrets are
// the receiver's to wipe.
type NewWallet struct {
	Name     string
	Words    []byte // recovery words, single spaces
	Password []byte
	// Later: the person has not shown that the words are written down.
	Later bool
}

// OldWallet is what the wizard has gathered to restore one. The secrets are the
// receiver's to wipe.
type OldWallet struct {
	Name       string
	Words      []byte
	Passphrase []byte // empty for none
	Password   []byte
	Birthday   string // YYYY-MM-DD, a height, or empty if unknown
}

// Actions is what the wizard asks of the wallet. All are called on the window's
// goroutine and return at once; done is called there later, or at once. A
// problem is a sentence, empty if there is none.
type Actions struct {
	// NewWords makes count recovery words, 12 or 24. The words are the wizard's
	// to wipe.
	NewWords func(count int, done func(words []byte, problem string))
	// CheckName says what is wrong with a wallet's name. That it is taken is
	// known from the state.
	CheckName func(name string) (problem string)
	// Complete lists up to a few words of BIP39's list that begin so, in the
	// order of the alphabet.
	Complete func(prefix string) []string
	// CheckWords says what is wrong with recovery words.
	CheckWords func(words []byte) (problem string)
	// CheckBirthday says what is wrong with a birthday.
	CheckBirthday func(text string) (problem string)
	// Create and Restore make the wallet and open it; after that the shell shows
	// another screen and calls Hidden.
	Create  func(w NewWallet, done func(problem string))
	Restore func(w OldWallet, done func(problem string))
	// Leave goes back to the list of wallets. It is offered on the first page
	// while there are wallets; nil if there is nowhere to go.
	Leave func()
	// Dice gives a number from 0 to n-1, for the words that are asked for; nil
	// for the system's.
	Dice func(n int) int
}
