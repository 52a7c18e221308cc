package descriptor

import "github.com/btcsuite/btcd/txscript/v2"

//go:generate go tool stringer -type=ScriptKind

// ScriptKind is the kind of an output script, as far as addresses tell it.
type ScriptKind uint8

// The kinds of script. A descriptor has one of P2PKH, P2SHP2WPKH, P2WPKH and
// P2TR; an address shows P2SH whatever it wraps.
const (
	P2PKH          ScriptKind = iota + 1
	P2SHP2WPKH                // P2SH around P2WPKH, BIP49
	P2WPKH                    // BIP84
	P2TR                      // BIP86: a key without scripts
	P2SH                      // BIP16
	P2WSH                     // BIP141
	P2A                       // pay to anchor: anyone can spend it
	WitnessUnknown            // a witness program without rules yet: anyone can spend it
)

// AnyoneCanSpend reports whether no rule protects what is paid to such a
// script today.
func (k ScriptKind) AnyoneCanSpend() bool { return k == P2A || k == WitnessUnknown }

func keyHashScript(hash []byte) []byte {
	s := append([]byte{txscript.OP_DUP, txscript.OP_HASH160, 20}, hash...)
	return append(s, txscript.OP_EQUALVERIFY, txscript.OP_CHECKSIG)
}

func scriptHashScript(hash []byte) []byte {
	s := append([]byte{txscript.OP_HASH160, 20}, hash...)
	return append(s, txscript.OP_EQUAL)
}

// witnessScript is BIP141's: the version as a small number, then one push.
func witnessScript(version byte, program []byte) []byte {
	op := byte(txscript.OP_0)
	if version > 0 {
		op = txscript.OP_1 + version - 1
	}
	return append([]byte{op, byte(len(program))}, program...)
}

// witnessProgram takes a witness script apart.
func witnessProgram(s []byte) (version byte, program []byte, ok bool) {
	if len(s) < 4 || len(s) > 42 || int(s[1]) != len(s)-2 {
		return 0, nil, false
	}
	switch {
	case s[0] == txscript.OP_0:
		return 0, s[2:], true
	case s[0] >= txscript.OP_1 && s[0] <= txscript.OP_16:
		return s[0] - txscript.OP_1 + 1, s[2:], true
	}
	return 0, nil, false
}

// witnessKind classifies a program whose length suits its version.
func witnessKind(version byte, program []byte) ScriptKind {
	switch {
	case version == 0 && len(program) == 20:
		return P2WPKH
	case version == 0 && len(program) == 32:
		return P2WSH
	case version == 1 && len(program) == 32:
		return P2TR
	case version == 1 && len(program) == 2 && program[0] == 0x4e && program[1] == 0x73:
		return P2A
	}
	return WitnessUnknown
}
