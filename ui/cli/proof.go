package cli

import (
	"io"

	"thistle/app"
	"thistle/ui/present"

	"github.com/spf13/cobra"
)

// maxProof bounds the text of a proof, in bytes; that of a full block has less.
const maxProof = 8 << 20

func (p *program) proof() *cobra.Command {
	return &cobra.Command{
		Use: "proof TXID", Short: "Prove that a payment is in a block", Args: arguments("TXID"),
		Long: `Prints the kept proof of a confirmed payment: anybody who has the header of the
block can check it, with "thistle verify-proof" or Bitcoin Core's
verifytxoutproof, and needs to trust nobody.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.offline(cmd.Context(), func(w *app.Wallet) error {
				proof, err := w.Proof(args[0])
				if err != nil {
					return err
				}
				return p.showProof(proof)
			})
		},
	}
}

func (p *program) showProof(info *app.ProofInfo) error {
	result := Proof{
		TxID: info.TxID.String(), BlockHash: info.BlockHash.String(), Height: info.Height, Index: info.Index,
		Branch: []string{}, MerkleBlock: hexOf(info.MerkleBlock),
	}
	for _, h := range info.Branch {
		result.Branch = append(result.Branch, h.String())
	}
	return p.show(result, func(g *page) { g.proof(result) })
}

func (g *page) proof(r Proof) {
	g.fields("Transaction", r.TxID, "Place", count(int(r.Index)+1)+" of its block", "Block", r.BlockHash,
		"Height", present.Height(r.Height))
	g.line("\n%s", g.ink.faint("Hashed with these in turn it gives the block's Merkle root:"))
	for _, h := range r.Branch {
		g.line("  %s", h)
	}
	if len(r.Branch) == 0 {
		g.line("  none: it is alone in its block")
	}
	g.line("\n%s\n%s", g.ink.faint("To be checked elsewhere (verifytxoutproof):"), r.MerkleBlock)
}

func (p *program) verifyProof() *cobra.Command {
	return &cobra.Command{
		Use: "verify-proof HEX|-", Short: "Check a proof against our headers", Args: arguments("HEX"),
		Long: `Checks bytes as gettxoutproof gives them against the headers on this computer;
"-" reads them from stdin. No wallet is opened and nobody is asked.`,
		RunE: func(_ *cobra.Command, args []string) error {
			text := args[0]
			if text == "-" {
				b, err := io.ReadAll(io.LimitReader(p.deps.Stdin, maxProof))
				if err != nil {
					return usage("The proof cannot be read: %s.", fileTrouble(err))
				}
				text = string(b)
			}
			h, err := p.house()
			if err != nil {
				return err
			}
			v, err := h.VerifyProof(text)
			if err != nil {
				return err
			}
			return p.showVerified(v)
		},
	}
}

func (p *program) showVerified(v *app.Verified) error {
	result := Verified{BlockHash: v.BlockHash.String(), Height: v.Height, Confirmations: v.Confirmations, TxIDs: []string{}}
	for _, id := range v.TxIDs {
		result.TxIDs = append(result.TxIDs, id.String())
	}
	return p.show(result, func(g *page) {
		g.line("%s", g.ink.green("The proof holds: block "+present.Height(v.Height)+" of our chain contains"))
		for _, id := range result.TxIDs {
			g.line("  %s", id)
		}
		g.line("")
		g.fields("Block", result.BlockHash, "Confirmations", present.Height(v.Confirmations))
	})
}
