// Package assets holds the data that ships inside the program: what a wallet
// must know before it has met a single peer.
//
// Here are mainnet's checkpoints, one per difficulty period: where a chain of
// headers may begin, and what it must pass through. Beside them are a few
// filter headers of BIP157. They are facts of the chain that anyone can check
// again by syncing it; a wallet that believes them saves downloading what is
// older than itself.
//
// The lists are text, one row a line, so that a change can be read. They are
// rebuilt by
//
//	THISTLE_CHAINDATA=folder go generate -run checkpoints ./assets
//
// from a folder with lists of the same columns; the generator (assets/gen)
// recomputes targets and work and refuses lists that contradict themselves.
//
// # Fixed seeds
//
// Where no name server may be asked, a wallet begins with addresses that come
// with it. Lists are text; one is made from addresses that are known to have been
// up for long, clearnet and onion, by
//
//	go run ./assets/gen -seeds mainnet.txt -out assets/seeds
//
// They are empty so far.
//
// # Icons
//
// Each is one filled path, black, on a grid of 24 by 24, so that the window can
// give it the colour of the words beside it. gen/icons.txt holds the strokes they
// are made of, and is the file to edit; go generate makes the rest.
//
// # How exact the times are
//
// The newest checkpoints come without the time of their block. Theirs is
// computed: the step from one period's target to the next's tells how long the
// period took, to a few seconds; one block more, ten minutes, leads to the next
// period. Compared with every run of as many periods whose times are known
// (since the targets left the minimum for good), the sum is within two hours;
// see the generator's test. Such rows are marked Estimated.
//
// The package imports nothing of ours, and only reads what it embeds.
package assets

//go:generate go run ./gen -icons gen/icons.txt -out icons
//go:generate go run ./gen -checkpoints $THISTLE_CHAINDATA/mainnet-checkpoints.tsv -filterheaders $THISTLE_CHAINDATA/mainnet-filter-header-checkpoints.tsv -out checkpoints
