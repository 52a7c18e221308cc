package mnemonic_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"thistle/keystore/mnemonic"
)

// The rolls are hashed behind the system's 32 bytes, spaces not counted: the
// result can be worked out by hand.
func TestNewWithDice(t *testing.T) {
	t.Parallel()
	random := bytes.Repeat([]byte{7}, 32)
	rolls := strings.Repeat("123456", 9)
	want := sha256.Sum256(append(bytes.Clone(random), rolls...))
	for words, size := range map[int]int{12: 16, 24: 32} {
		for _, text := range []string{rolls, rolls[:20] + " \r\n\t" + rolls[20:] + "\n"} {
			got, err := mnemonic.NewWithDice(words, []byte(text), bytes.NewReader(random))
			require.NoError(t, err)
			require.Equal(t, want[:size], got)
		}
		other, err := mnemonic.NewWithDice(words, []byte(rolls+"1"), bytes.NewReader(random))
		require.NoError(t, err)
		require.NotEqual(t, want[:size], other)
		other, err = mnemonic.NewWithDice(words, []byte(rolls), bytes.NewReader(bytes.Repeat([]byte{8}, 32)))
		require.NoError(t, err)
		require.NotEqual(t, want[:size], other)
	}
	_, err := mnemonic.NewWithDice(15, []byte(rolls), bytes.NewReader(random))
	require.ErrorIs(t, err, mnemonic.ErrWordCount)
	_, err = mnemonic.NewWithDice(12, []byte(rolls), bytes.NewReader(random[1:]))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	broken := errors.New("broken")
	_, err = mnemonic.NewWithDice(12, []byte(rolls), iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
}

func TestCheckDice(t *testing.T) {
	t.Parallel()
	for rolls, bits := range map[int]int{50: 129, 99: 255, 100: 258, 4096: 10584} {
		n, b, err := mnemonic.CheckDice(bytes.Repeat([]byte("3 "), rolls))
		require.NoError(t, err)
		require.Equal(t, []int{rolls, bits}, []int{n, b})
	}
	for name, text := range map[string]string{
		"none": "", "too few": strings.Repeat("6", 49), "too many": strings.Repeat("6", 4097),
		"zero": strings.Repeat("0", 60), "seven": strings.Repeat("1", 60) + "7", "comma": strings.Repeat("1,", 60),
		"full width": strings.Repeat("１", 60),
	} {
		_, _, err := mnemonic.CheckDice([]byte(text))
		require.ErrorIs(t, err, mnemonic.ErrDice, name)
		_, err = mnemonic.NewWithDice(12, []byte(text), bytes.NewReader(make([]byte, 32)))
		require.ErrorIs(t, err, mnemonic.ErrDice, name)
	}
}
