package txbuild_test

import (
	"errors"
	"testing"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/app/coinselect"
	"thistle/app/txbuild"
)

// TestLastLookRefuses tampers with a good transaction, its plan or its sources
// in every way that matters.
func TestLastLookRefuses(t *testing.T) {
	t.Parallel()
	type scene struct {
		tx   *wire.MsgTx
		plan *txbuild.Plan
		src  txbuild.Sources
		w    *wallet
	}
	// notChange is the place of the recipient's output.
	notChange := func(s *scene) int { return 1 - s.plan.ChangeIndex }
	cases := map[string]struct {
		spoil func(*scene)
		want  txbuild.LookKind
	}{
		"version":         {func(s *scene) { s.tx.Version = 1 }, txbuild.LookShape},
		"lock time":       {func(s *scene) { s.tx.LockTime++ }, txbuild.LookShape},
		"sequence":        {func(s *scene) { s.tx.TxIn[0].Sequence = 0xffffffff }, txbuild.LookShape},
		"script sig":      {func(s *scene) { s.tx.TxIn[0].SignatureScript = []byte{0} }, txbuild.LookShape},
		"no inputs":       {func(s *scene) { s.tx.TxIn = nil }, txbuild.LookInputs},
		"one input less":  {func(s *scene) { s.tx.TxIn = s.tx.TxIn[1:] }, txbuild.LookInputs},
		"one input more":  {func(s *scene) { s.tx.TxIn = append(s.tx.TxIn, s.tx.TxIn[0]) }, txbuild.LookInputs},
		"other input":     {func(s *scene) { s.tx.TxIn[0].PreviousOutPoint.Index++ }, txbuild.LookInputs},
		"inputs swapped":  {func(s *scene) { s.tx.TxIn[0], s.tx.TxIn[1] = s.tx.TxIn[1], s.tx.TxIn[0] }, txbuild.LookInputs},
		"twice the same":  {func(s *scene) { s.tx.TxIn[1] = s.tx.TxIn[0]; s.plan.Inputs[1] = s.plan.Inputs[0] }, txbuild.LookInputs},
		"prevout unknown": {func(s *scene) { delete(s.w.txs, s.tx.TxIn[0].PreviousOutPoint.Hash) }, txbuild.LookPrevOut},
		"prevout worth more": {func(s *scene) {
			op := s.tx.TxIn[0].PreviousOutPoint
			s.w.txs[op.Hash].TxOut[op.Index].Value++
		}, txbuild.LookPrevOut},
		"prevout of another": {func(s *scene) {
			op := s.tx.TxIn[0].PreviousOutPoint
			s.w.txs[op.Hash].TxOut[op.Index].PkScript = foreign(1)
		}, txbuild.LookPrevOut},
		"extra output":      {func(s *scene) { s.tx.AddTxOut(&wire.TxOut{Value: 1000, PkScript: foreign(6)}) }, txbuild.LookOutputs},
		"output missing":    {func(s *scene) { s.tx.TxOut = s.tx.TxOut[:1] }, txbuild.LookOutputs},
		"recipient changed": {func(s *scene) { s.tx.TxOut[notChange(s)].PkScript = foreign(6) }, txbuild.LookOutputs},
		"amount changed":    {func(s *scene) { s.tx.TxOut[notChange(s)].Value++ }, txbuild.LookOutputs},
		"change stolen":     {func(s *scene) { s.tx.TxOut[s.plan.ChangeIndex].PkScript = foreign(6) }, txbuild.LookOutputs},
		"plan pays another": {func(s *scene) {
			s.tx.TxOut[notChange(s)].PkScript = foreign(6)
			s.plan.Outputs[notChange(s)].PkScript = foreign(6)
		}, txbuild.LookOutputs},
		"plan pays one twice": {func(s *scene) {
			o := &s.plan.Outputs[s.plan.ChangeIndex]
			*o = s.plan.Outputs[notChange(s)]
			s.tx.TxOut[s.plan.ChangeIndex] = s.tx.TxOut[notChange(s)]
		}, txbuild.LookOutputs},
		"plan's change stolen": {func(s *scene) {
			s.tx.TxOut[s.plan.ChangeIndex].PkScript = foreign(6)
			s.plan.Outputs[s.plan.ChangeIndex].PkScript = foreign(6)
		}, txbuild.LookChange},
		"change elsewhere": {func(s *scene) { s.plan.ChangeIndex = 7 }, txbuild.LookChange},
		"change not derivable": {func(s *scene) {
			s.src.Script = func(coinselect.Derivation) ([]byte, error) { return nil, errors.New("no") }
		}, txbuild.LookChange},
		"fee not as planned":  {func(s *scene) { s.plan.Fee-- }, txbuild.LookFee},
		"fee below the rate":  {func(s *scene) { s.plan.FeeRate = 9000 }, txbuild.LookFee},
		"larger than planned": {func(s *scene) { s.plan.VSize -= 5 }, txbuild.LookSize},
		"padded":              {func(s *scene) { s.tx.TxIn[0].Witness = append(s.tx.TxIn[0].Witness, make([]byte, 400)) }, txbuild.LookSize},
		"not signed":          {func(s *scene) { s.tx.TxIn[1].Witness = nil }, txbuild.LookSize},
		"signature broken":    {func(s *scene) { s.tx.TxIn[1].Witness[0][20] ^= 1 }, txbuild.LookScript},
		"signatures swapped": {func(s *scene) {
			s.tx.TxIn[0].Witness, s.tx.TxIn[1].Witness = s.tx.TxIn[1].Witness, s.tx.TxIn[0].Witness
		}, txbuild.LookScript},
	}
	for name, c := range cases {
		w := newWallet()
		w.add(200_000)
		w.add(200_000)
		plan, err := txbuild.Build(w.request(250_000))
		require.NoError(t, err)
		require.Len(t, plan.Inputs, 2)
		s := &scene{w.sign(t, plan), plan, w.sources(), w}
		require.NoError(t, txbuild.LastLook(s.tx, s.plan, s.src), "the untouched transaction passes")
		c.spoil(s)
		err = txbuild.LastLook(s.tx, s.plan, s.src)
		var look *txbuild.LookError
		require.ErrorAs(t, err, &look, name)
		require.Equal(t, c.want, look.Kind, "%s: %v", name, err)
	}
	require.Len(t, cases, 30)
}
