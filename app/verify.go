package app

import (
	"encoding/hex"
	"errors"
	"strings"

	"thistle/spv"
)

// VerifyProof checks the bytes of a proof, as gettxoutproof gives them, against
// the headers on this computer. No wallet is opened and nobody is asked.
func VerifyProof(env *Env, text string) (*Verified, error) {
	block, err := readProof(text)
	if err != nil {
		return nil, err
	}
	lock, err := env.lock()
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Release() }()
	chain, err := spv.Open(spv.Config{Params: env.Params, Dir: env.folder().Dir, Log: env.Log, Existing: true})
	if errors.Is(err, spv.ErrNoChain) {
		return nil, badProof("no headers are here to check it against; sync first", err)
	}
	if err != nil {
		return nil, failure(opVerify, err)
	}
	defer func() { _ = chain.Close() }()
	return proofHolds(chain, block)
}

// VerifyProof checks a proof against the session's headers; see the function of
// that name.
func (s *Session) VerifyProof(text string) (*Verified, error) {
	block, err := readProof(text)
	if err != nil {
		return nil, err
	}
	if !s.enter() {
		return nil, errClosed(opVerify)
	}
	defer s.leave()
	chain, _ := s.client()
	if chain == nil {
		return nil, badProof("no headers are here to check it against; sync first", nil)
	}
	return proofHolds(chain, block)
}

const opVerify = "verify proof"

func badProof(detail string, err error) error {
	return &Error{Op: opVerify, Kind: KindProof, Detail: detail, Err: err}
}

func readProof(text string) (*spv.ProofBlock, error) {
	raw, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, badProof("it is not hexadecimal", err)
	}
	block, err := spv.ParseProof(raw)
	if err != nil {
		return nil, badProof("it proves nothing", err)
	}
	return block, nil
}

// proofHolds looks for the block of a proof, which is sound in itself.
func proofHolds(chain *spv.Client, block *spv.ProofBlock) (*Verified, error) {
	height, ok := chain.HeightOf(block.BlockHash)
	if !ok {
		return nil, badProof("its block is not in our chain; sync first if it is new", nil)
	}
	v := &Verified{BlockHash: block.BlockHash, Height: height, Confirmations: chain.Tip().Height - height + 1}
	for _, m := range block.Matches {
		v.TxIDs = append(v.TxIDs, m.TxID)
	}
	return v, nil
}
