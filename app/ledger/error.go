package ledger

import "errors"

// Kinds of error. None of them leaves a trace in the ledger, except ErrBroken.
var (
	// ErrFact says that a fact contradicts itself.
	ErrFact = errors.New("malformed fact")
	// ErrFork says that a move of the view does not start from the view.
	ErrFork = errors.New("the move does not start from the view")
	// ErrUnknown says that a transaction is not in the ledger.
	ErrUnknown = errors.New("unknown transaction")
	// ErrConfirmed says that what is confirmed cannot be given up.
	ErrConfirmed = errors.New("the transaction is confirmed")
	// ErrNotOurs says that a transaction we are said to have made spends nothing
	// of ours.
	ErrNotOurs = errors.New("the transaction spends nothing of ours")
	// ErrSpent says that a transaction we are said to have made spends an output
	// that a confirmed transaction has spent, or that no live one has made.
	ErrSpent = errors.New("an input is spent or gone")
	// ErrLeap says that an index lies absurdly far beyond the known scripts.
	ErrLeap = errors.New("index too far beyond the known scripts")
	// ErrUnsupported says that a keychain's scripts are of a kind whose spends the
	// ledger cannot follow: other than P2PKH, P2WPKH, P2SH and P2TR.
	ErrUnsupported = errors.New("unsupported kind of script")
	// ErrRows says that rows do not make a ledger: some are missing or damaged.
	ErrRows = errors.New("rows do not fit together")
	// ErrForeign says that rows belong to other keychains.
	ErrForeign = errors.New("rows of another account")
	// ErrBroken says that scripts could not be derived in the middle of a fact.
	// The ledger refuses everything from then on and must be loaded again.
	ErrBroken = errors.New("the ledger is broken")
)
