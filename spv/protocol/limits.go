package protocol

import "time"

// Limits and time-outs. None of them is a consensus rule; each bounds what a
// peer can make us wait for, hold or send.
const (
	// FilterPeers, RelayPeers and BlockPeers are how many peers are kept for each
	// role at rest, and DefaultPeers all of them.
	FilterPeers  = 3
	RelayPeers   = 2
	BlockPeers   = 1
	DefaultPeers = FilterPeers + RelayPeers + BlockPeers
	// BulkPeers is how many serve filters while thousands of headers or filters
	// are to be fetched.
	BulkPeers = 8
	// bulkFrom is how many, and bulkRest how long that state lasts when all is
	// here: late audits are heard.
	bulkFrom = 2000
	bulkRest = 30 * time.Second
	// replacePause is how often, in bulk, the slowest peer may be replaced, and
	// farBehind by how much it must be slower than the one in the middle.
	replacePause = time.Minute
	farBehind    = 4
	// maxHurried is how many may be replaced, while much is fetched, because they
	// are far behind the second best though not behind the one in the middle: else
	// two with quick lines would do away with all others. Half of them may for being
	// far behind the best alone.
	maxHurried = BulkPeers / 2
	// sparedOneIn is how many filter peers there are for each that is never
	// replaced for being slow.
	sparedOneIn = 4
	// feelerPause is the pause between two connections that only find out whether
	// an address is alive.
	feelerPause = 2 * time.Minute
	// rotateMin and rotateMax bound the random time after which, at rest, one
	// filter peer gives its place to a new one, rotateRestMin and rotateRestMax the
	// same for those of other roles; shiftFor is how long the new one may take to
	// come and be heard.
	rotateMin     = 20 * time.Minute
	rotateMax     = time.Hour
	rotateRestMin = 2 * time.Hour
	rotateRestMax = 6 * time.Hour
	shiftFor      = 2 * time.Minute
	// uselessPause is the pause before one that is of no use is replaced after
	// nobody has come instead.
	uselessPause = 10 * time.Minute
	// hearFor is over what time it is counted what peers announce. One that has
	// announced not a tenth of what another has, of announcedMin at least, is held
	// against two others for compareFor.
	hearFor      = 30 * time.Minute
	compareFor   = 10 * time.Minute
	announcedMin = 50
	quietOneIn   = 10
	// kindTries is after how many dials in vain a kind of network is left alone for
	// kindPause; that doubles kindDoubles times.
	kindTries   = 4
	kindPause   = 10 * time.Minute
	kindDoubles = 5
	// lookoutPeers more are kept for lookoutFor when no block has come for long.
	lookoutPeers = 2
	lookoutFor   = 5 * time.Minute
	// sendingPeers is how many peers for transactions are kept while one of ours
	// is on its way: half of them are told and half are listened to.
	sendingPeers = 4
	// maxMissed is how many new blocks in a row a peer may not know of while
	// others do, and maxUnserved how many that it is asked for it may not give.
	maxMissed   = 6
	maxUnserved = 4
	// ownPatience is how long the person's own node may make no progress.
	ownPatience = time.Minute
	// settledAfter is how long headers must have been current for a peer that
	// comes then to be waited for no more.
	settledAfter = time.Minute
	// healthGrace is how long finding peers may take before it is said that there
	// are none, and fewPatience how long too few may be here.
	healthGrace = time.Minute
	fewPatience = 10 * time.Minute
	// blockInterval is the time between two blocks, on average. With odds below
	// tooOld that none came for so long (an hour and a half) a tip is old.
	blockInterval = 10 * time.Minute
	tooOld        = 1.3e-4
	// fewGroups is how many parts of the network peers must be in for an old tip
	// not to look like one attacker's work.
	fewGroups = 3
	// maxSkew is by how much our clock may differ from that of most peers.
	maxSkew = 10 * time.Minute
	// raceOver is after what time two chains of about the same work are no race
	// of two blocks any more.
	raceOver = 20 * time.Minute
	// minClocks is how many parts of the network must have told the time for it
	// to be compared with ours, maxClocks how many are remembered.
	minClocks = 5
	maxClocks = 31
	// minFilterPeers of them should serve compact filters, so that two can be
	// compared.
	minFilterPeers = 2
	// maxDialing bounds connections being opened at once.
	maxDialing = 16
	// maxAddresses is from how many addresses looked at on those are forgotten
	// that nothing is going on with.
	maxAddresses = 2000
	// lookAgain is how long the book is not asked again when it had nobody.
	lookAgain = time.Second
	// dialsInVain is after how many failures in a row, one every dialPause, it is
	// the line that is dead rather than all of them.
	dialsInVain = 50
	dialPause   = 500 * time.Millisecond
	// seedsAfter is how long the book is tried before DNS seeds are asked, and
	// fixedAfter how long both are before fixed seeds are.
	seedsAfter = 11 * time.Second
	fixedAfter = time.Minute
	// seedAge is how old at least, and half of how old at most, what seeds tell
	// of is taken to be.
	seedAge = 3 * 24 * time.Hour
	// maxAnchors is how many peers are connected to again at the next start.
	maxAnchors = 2
	// saveBookEvery is how long changes in the book may wait.
	saveBookEvery = 15 * time.Minute
	// redialMin and redialMax bound the pause before an address is tried
	// again; it doubles with each failure, until a connection has lasted for
	// stayed.
	redialMin = time.Second
	redialMax = 5 * time.Minute
	stayed    = time.Minute
	// returnPause is after what time a peer that was one too many may be needed
	// again.
	returnPause = 10 * time.Minute
	// resolvePause is the least time between two look-ups at DNS seeds.
	resolvePause = time.Minute
	// resolveDoubles is how often it doubles while somebody is connected.
	resolveDoubles = 6
	// BanTime is how long an address is refused after a provable fault.
	BanTime = 24 * time.Hour
	// PinnedGrace is how long a pinned address may take to connect before it
	// counts as failed.
	PinnedGrace = 5 * time.Second

	// maxHeaders is the most headers in one message.
	maxHeaders = 2000
	// headersTimeout is how long a peer may take to answer getheaders before
	// another is asked.
	headersTimeout = 10 * time.Second
	// headersWait is how long a first sync waits for a peer's headers before it
	// goes on with others.
	headersWait = 3 * time.Second
	// headersPatience is how long a peer that claims more than we have may be
	// silent before it is let go.
	headersPatience = 60 * time.Second
	// SilentPeer is how long a peer that claims no more than we have must be
	// silent to count as having nothing new: btcd does not answer getheaders
	// at height 0 or with an old tip.
	SilentPeer = 2 * time.Second
	// maxUnconnecting is how many announcements with an unknown parent, or of
	// blocks that are not there, are followed up in a row.
	maxUnconnecting = 10
	// maxIdleHeaders is how many messages of headers in a row may tell nothing
	// new, nor go higher than the peer went before.
	maxIdleHeaders = 20
	// maxTrail is how long a branch is followed for which there is no room:
	// the longest chain of any network.
	maxTrail = 6_000_000
	// maxRanges bounds the ranges under way, and so the headers staged: of a
	// period each, they are 8 MB.
	maxRanges = 48
	// firstLanes is how many ranges one peer works on at first, one message at a
	// time each. It grows to lanesPerPeer while answers take less than
	// rangeQuick, and comes down when they take longer.
	firstLanes   = 3
	lanesPerPeer = 16
	rangeQuick   = 1250 * time.Millisecond
	// rangeStall is how long a range may stand still before it is given to
	// another peer too; it doubles with each.
	rangeStall = 2500 * time.Millisecond
	// rangeTimeout is how long a peer that owes old headers may give none: one
	// message takes so long at 5 kB/s.
	rangeTimeout = 30 * time.Second
	// recheckPause is how often our newest headers, two periods at most, are judged
	// anew before others are blamed.
	recheckPause = time.Second
	// staleTip is how long without a block before all peers are asked again.
	staleTip = 30 * time.Minute
	// clockHold is the pause after headers from the future.
	clockHold = time.Minute

	// cfheadersPerMsg is BIP157's bound on one cfheaders message.
	cfheadersPerMsg = 2000
	// cfcheckptInterval is BIP157's distance between filter checkpoints.
	cfcheckptInterval = 1000
	// cfheadersTimeout is how long filter peers may take to answer.
	cfheadersTimeout = 10 * time.Second
	// quorumGroups is in how many parts of the network filter peers must have
	// been heard, and half of all, before what they say is acted on; quorumWait
	// is how long more are waited for after the first. Those who come later are
	// compared then.
	quorumGroups = 3
	quorumWait   = time.Second
	// liveBlocks is how many blocks behind the tip the first answer will do, but
	// for the very first: as many as a peer announces by their headers.
	liveBlocks = 8
	// earlyPeers is how many peers are asked for the filters of new blocks
	// together with the filter headers, and maxEarly how many filters wait for
	// theirs (4 MB at most).
	earlyPeers = 2
	maxEarly   = 16
	// bulkBehind is how many filter headers must be missing for them to be
	// fetched by checkpoints and from all peers in parallel.
	bulkBehind = 2 * cfheadersPerMsg
	// bulkAsksPerPeer keeps the pipe to a peer full.
	bulkAsksPerPeer = 4
	// bulkWindow is how many ranges ahead are fetched, bulkStaged how many
	// answers (of 128 kB) may be in memory or under way.
	bulkWindow = 48
	bulkStaged = 40
	// bulkHedge is after what time another peer is asked for the same range.
	bulkHedge = 2500 * time.Millisecond
	// bulkPatience is how long a group may be silent on a range that others
	// have answered.
	bulkPatience = 5 * time.Second
	// maxUndecided is how many disputes that a block cannot settle one part of the
	// network may cause before only one is heard every disputePause, and
	// maxWearyGroups of how many that is remembered.
	maxUndecided   = 50
	disputePause   = 5 * time.Minute
	maxWearyGroups = 64
	// disputeTimeout is how long a peer may take to show the filter it stands
	// by.
	disputeTimeout = 20 * time.Second
	// disputeHedge is how long one peer alone is asked for it, and
	// disputePatience how long all others wait for it with a range of theirs.
	disputeHedge    = 2 * time.Second
	disputePatience = 5 * time.Second

	// spotCheckEvery is after how many filters, on average, one is held against
	// its block; maxSpotChecks is how many such blocks are awaited at once.
	spotCheckEvery = 2000
	maxSpotChecks  = 2

	// filtersPerMsg is BIP157's bound on one getcfilters.
	filtersPerMsg = 1000
	// firstLease is how many filters are asked of a peer whose pace is not known
	// yet; later it is what it delivers in leaseTime, at least minLease.
	firstLease = 125
	minLease   = 50
	leaseTime  = 4 * time.Second
	// paceWindow is the span over which a peer's pace is counted.
	paceWindow = time.Second
	// stealFrom is how far away the end of a lease must be for another peer to
	// take over its tail.
	stealFrom = 2 * time.Second
	// leasesPerPeer keeps the pipe to a peer full.
	leasesPerPeer = 2
	// filterTimeout is how long a peer may deliver no filter while it owes
	// some. Progress counts, not the size of the batch.
	filterTimeout = 6 * time.Second
	// coolMin and coolMax bound the pause after an unanswered request; it
	// doubles each time.
	coolMin = 2 * time.Second
	coolMax = 5 * time.Minute
	// coolPinned is the longest such pause for a peer named by the person.
	coolPinned = 30 * time.Second
	// maxCooled is after how many pauses in a row a peer is replaced.
	maxCooled = 4
	// DefaultFullBlocks is how many blocks are read themselves when nobody
	// serves filters: two days' worth, some 500 MB at most.
	DefaultFullBlocks = 288
	// fullBlocksAfter is how long nobody must have served filters before.
	fullBlocksAfter = time.Minute
	// filterNewsEvery is after how many filters progress is told.
	filterNewsEvery = 500

	// rateWindow is over how many seconds the rates of progress are taken.
	rateWindow = 10
	// stuckAfter is how long nothing moves before progress says why.
	stuckAfter = 10 * time.Second
	// claimSlack is by how much the claims of peers that come and go may differ
	// before the goal of headers is taken back: a day's blocks.
	claimSlack = 144

	// limitedBlocks is how many of the newest blocks a pruned node has (BIP159).
	limitedBlocks = 288
	// blocksInFlight bounds blocks asked for at once.
	blocksInFlight = 4
	// maxBlockBytes bounds what they may take together.
	maxBlockBytes = 16 << 20
	// typicalBlock is how large a block is taken to be before one has come.
	typicalBlock = 2 << 20
	// blockPatience is how long one peer may take with a block before another
	// is asked too, while it is not known how long blocks take; then it is what
	// 95 in 100 of the last blocksTimed took, and a quarter more.
	blockPatience = 2 * time.Second
	blocksTimed   = 20
	// blockLost is after what time a request is no longer taken to bring
	// anything that needs room.
	blockLost = 16 * time.Second
	// blockBackOff is the longest pause between two requests for one block. The
	// first is blockPatience; it doubles each time.
	blockBackOff = 64 * time.Second

	// maxSeenTxs bounds the memory of transactions looked at and of what they
	// spend (some 7 MB): most of an hour's. maxSeenInputs bounds one's part.
	maxSeenTxs    = 20_000
	maxSeenInputs = 500
	// maxTxRequests bounds transactions asked of one peer at a time.
	maxTxRequests = 100
	// maxTxSources is how many more are remembered to have a transaction that is
	// being fetched.
	maxTxSources = 7
	// txTimeout is how long a peer may take to deliver a transaction it
	// announced.
	txTimeout = 60 * time.Second
	// relayPatience is how long a transaction of ours waits for peers that announce
	// theirs to us before others are told.
	relayPatience = 20 * time.Second
	// takePatience is after what time a transaction that nobody has fetched, or
	// passed on, is offered to everybody.
	takePatience = time.Hour
	// minePatience is the same for one that is said to have travelled.
	minePatience = 2 * time.Hour
	// minTold is how many peers are told at least where others than those that
	// serve us filters are to be told only.
	minTold = 2
	// fetchesPerOffer is how often one announcement lets a peer fetch.
	fetchesPerOffer = 2
	// remindAfter is after what time a transaction that nobody has asked for is
	// announced again to who was told, doubled each of maxReminders times.
	remindAfter  = 10 * time.Second
	maxReminders = 4
	// echoPatience is how long a transaction of ours may take to be fetched and
	// heard of from others, and floorPatience how long a peer is waited for that
	// takes its fee.
	echoPatience  = time.Minute
	floorPatience = 10 * time.Second
	// echoesWanted is in how many parts of the network it must be heard of.
	echoesWanted = 2
	// couriersPerTx is how many peers a transaction is handed to over connections
	// of its own; each may take courierTimeout, and courierPause is between one
	// that failed and the next.
	couriersPerTx  = 3
	courierTimeout = time.Minute
	parentPatience = 10 * time.Second
	// courierGiveUp is after what time without anybody to hand a transaction to it
	// is announced to peers.
	courierGiveUp = 3 * time.Minute
	courierPause  = 5 * time.Second
	// rebroadcastMin and rebroadcastMax bound the random pause between two
	// offers of a transaction.
	rebroadcastMin = 10 * time.Minute
	rebroadcastMax = 30 * time.Minute

	// pingEvery is the pause between pings.
	pingEvery = 2 * time.Minute
	// pongTimeout is how long a ping may stay unanswered.
	pongTimeout = 20 * time.Minute
)
