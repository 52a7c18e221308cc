package keystore

// Secret gives access to secret bytes without containing them where formatting
// or JSON could find them. A nil Secret is empty.
type Secret func() []byte

// Hold wraps bytes; they are not copied, and whoever made them clears them.
func Hold(b []byte) Secret { return func() []byte { return b } }

func (s Secret) bytes() []byte {
	if s == nil {
		return nil
	}
	return s()
}
