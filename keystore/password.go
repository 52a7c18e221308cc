package keystore

import (
	"fmt"

	"thistle/keystore/seal"
)

// ChangePassword puts the two keys under a new password and salt, and at
// today's cost. The file is written anew as a whole, so that nothing of the old
// wrapping is left in it; backups made before still open with the old password.
// The keystore stays locked or unlocked as it was. Errors wrap ErrPassword,
// ErrWrongPassword, ErrTampered, ErrClosed, or are the system's; after one the
// old password still holds.
func (k *Keystore) ChangePassword(old, new []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.file == nil {
		return fmt.Errorf("change password: %w", ErrClosed)
	}
	var env *seal.Envelope
	err := k.shielded(func() (err error) {
		env, err = k.env.Rewrap(k.opts.Rand, old, new, k.opts.KDF, k.opts.Bounds)
		return err
	})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	c := k.file.Contents()
	c.Envelope = env.Marshal()
	if err := k.file.Replace(c); err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	k.env = env
	return nil
}
