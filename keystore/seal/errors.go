package seal

import "errors"

// The kinds of trouble, to be told apart with errors.Is.
var (
	// ErrCorrupt: the bytes are damaged or cut; a backup or the words help.
	ErrCorrupt = errors.New("damaged data")
	// ErrVersion: a format this program does not know, probably a newer one.
	ErrVersion = errors.New("unknown format version")
	// ErrWrongPassword: undamaged, but not sealed under this password.
	ErrWrongPassword = errors.New("wrong password")
	// ErrTampered: undamaged and the password fits, but the contents are not
	// what was sealed.
	ErrTampered = errors.New("sealed data has been altered")
	// ErrKDFBounds: the KDF's cost is below the floor or above the ceiling.
	ErrKDFBounds = errors.New("key derivation cost out of bounds")
	// ErrPassword: the password is empty, not UTF-8 or longer than MaxPassword.
	ErrPassword = errors.New("unusable password")
)
