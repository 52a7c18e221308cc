package spvtest

import (
	"fmt"
	"strings"

	"thistle/spv/chain"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Describe says in a few words what an input or output is. names turns a
// protocol.PeerID or a hash into a name.
func Describe(v any, names func(any) string) string {
	switch v := v.(type) {
	case protocol.Input:
		return describeInput(v, names)
	case protocol.Output:
		return describeOutput(v, names)
	}
	return fmt.Sprintf("%T", v)
}

func describeInput(in protocol.Input, names func(any) string) string {
	switch in := in.(type) {
	case protocol.PeerConnected:
		return fmt.Sprintf("connected %s claims %d", in.Info.Addr, in.Info.StartHeight)
	case protocol.PeerDisconnected:
		return fmt.Sprintf("disconnected %s: %v", names(in.Peer), in.Reason)
	case protocol.DialFailed:
		return "dial failed " + in.Addr
	case protocol.AddressesFound:
		var addrs []string
		for _, answer := range in.Answers {
			addrs = append(addrs, answer.Addrs...)
		}
		return "addresses " + strings.Join(addrs, " ")
	case protocol.HeadersReceived:
		return fmt.Sprintf("%s: %s", names(in.Peer), describeHeaders(in.Headers, names))
	case protocol.RangeReceived:
		if in.Run.Len() == 0 {
			return fmt.Sprintf("%s: no headers of a range", names(in.Peer))
		}
		return fmt.Sprintf("%s: range %s..%s", names(in.Peer), names(in.Run.Hash(0)), names(in.Run.Last()))
	case protocol.FilterReceived:
		return fmt.Sprintf("%s: filter of %s", names(in.Peer), names(in.Block))
	case protocol.BlockReceived:
		return fmt.Sprintf("%s: block %s %v", names(in.Peer), names(in.Hash), in.Err)
	case protocol.TxReceived:
		return fmt.Sprintf("%s: tx %s", names(in.Peer), names(in.Tx.TxHash()))
	case protocol.MessageReceived:
		return fmt.Sprintf("%s: %s", names(in.Peer), describeMessage(in.Msg, names))
	case protocol.KeepFilters:
		return fmt.Sprintf("keep filters from %d", in.From)
	case protocol.KeepHeaders:
		return fmt.Sprintf("keep headers from %d", in.From)
	case protocol.FiltersUsed:
		return fmt.Sprintf("filters to %d have served", in.Through)
	case protocol.TrimFilters:
		return fmt.Sprintf("too little room for filters below %d", in.Below)
	case protocol.FilterLost:
		return fmt.Sprintf("filter %d lost", in.Height)
	case protocol.FilterDisproved:
		return fmt.Sprintf("filter %d disproved", in.Height)
	case protocol.WantBlock:
		return "want block " + names(in.Hash)
	case protocol.DropBlock:
		return "drop block " + names(in.Hash)
	case protocol.SubmitTx:
		return "submit tx " + names(in.Tx.TxHash())
	case protocol.RestTx:
		return "rest tx " + names(in.TxID)
	case protocol.WithdrawTx:
		return "withdraw tx " + names(in.TxID)
	}
	return fmt.Sprintf("%T", in)
}

func describeHeaders(hs []chain.Header, names func(any) string) string {
	switch len(hs) {
	case 0:
		return "no headers"
	case 1:
		return "header " + names(hs[0].Hash)
	}
	return fmt.Sprintf("headers %s..%s", names(hs[0].Hash), names(hs[len(hs)-1].Hash))
}

func describeOutput(out protocol.Output, names func(any) string) string {
	switch out := out.(type) {
	case protocol.Dial:
		return "dial " + out.Addr + describePurpose(out.Purpose)
	case protocol.Disconnect:
		return fmt.Sprintf("leave %s: %v", names(out.Peer), out.Reason)
	case protocol.Send:
		return fmt.Sprintf("to %s: %s", names(out.Peer), describeMessage(out.Msg, names))
	case protocol.SaveBook:
		return "save addresses"
	case protocol.Resolve:
		return "ask DNS"
	case protocol.SaveHeaders:
		return "save headers " + describeChange(out.Change, names)
	case protocol.SaveLower:
		n := 0
		for _, r := range out.Runs {
			n += r.Len()
		}
		return fmt.Sprintf("save %d headers below, from %d on", n, out.Base.Height+1)
	case protocol.ResetFilterHeaders:
		return fmt.Sprintf("save: filter headers begin at %d", out.From)
	case protocol.SaveFilterHeaders:
		if len(out.Headers) == 0 {
			return fmt.Sprintf("save: no filter headers from %d on", out.From)
		}
		return fmt.Sprintf("save filter headers %d..%d", out.From, out.From+int32(len(out.Headers))-1)
	case protocol.SaveDirect:
		return fmt.Sprintf("save: scan block %d itself", out.Height)
	case protocol.SaveFilter:
		return "save filter of " + names(out.Block)
	case protocol.DropFilters:
		return fmt.Sprintf("delete filters below %d", out.Below)
	case protocol.Emit:
		return "tell " + describeEvent(out.Event, names)
	}
	return fmt.Sprintf("%T", out)
}

func describeChange(c chain.Change, names func(any) string) string {
	var b strings.Builder
	for i, gone := range c.Disconnected {
		if i == 0 || i == len(c.Disconnected)-1 {
			fmt.Fprintf(&b, "-%s ", names(gone.Hash))
		} else if i == 1 {
			b.WriteString(".. ")
		}
	}
	if len(c.Connected) == 1 {
		fmt.Fprintf(&b, "+%s", names(c.Connected[0].Hash))
	} else if n := len(c.Connected); n > 1 {
		fmt.Fprintf(&b, "+%s..%s", names(c.Connected[0].Hash), names(c.Connected[n-1].Hash))
	}
	return b.String()
}

func describeMessage(msg wire.Message, names func(any) string) string {
	switch msg := msg.(type) {
	case *wire.MsgGetHeaders:
		if len(msg.BlockLocatorHashes) == 0 {
			return "getheaders from nowhere"
		}
		if msg.HashStop != (chainhash.Hash{}) {
			return fmt.Sprintf("getheaders after %s up to %s", names(*msg.BlockLocatorHashes[0]), names(msg.HashStop))
		}
		return "getheaders after " + names(*msg.BlockLocatorHashes[0])
	case *wire.MsgGetCFHeaders:
		return fmt.Sprintf("getcfheaders %d to %s", msg.StartHeight, names(msg.StopHash))
	case *wire.MsgGetCFCheckpt:
		return "getcfcheckpt to " + names(msg.StopHash)
	case *wire.MsgGetCFilters:
		return fmt.Sprintf("getcfilters %d to %s", msg.StartHeight, names(msg.StopHash))
	case *wire.MsgCFHeaders:
		return fmt.Sprintf("%d cfheaders to %s", len(msg.FilterHashes), names(msg.StopHash))
	case *wire.MsgCFCheckpt:
		return fmt.Sprintf("%d cfcheckpts to %s", len(msg.FilterHeaders), names(msg.StopHash))
	case *wire.MsgGetData:
		return "getdata" + describeInv(msg.InvList, names)
	case *wire.MsgInv:
		return "inv" + describeInv(msg.InvList, names)
	case *wire.MsgNotFound:
		return "notfound" + describeInv(msg.InvList, names)
	case *wire.MsgFeeFilter:
		return fmt.Sprintf("feefilter %d", msg.MinFee)
	case *wire.MsgTx:
		return "tx " + names(msg.TxHash())
	}
	return msg.Command()
}

func describeInv(list []*wire.InvVect, names func(any) string) string {
	var b strings.Builder
	for i, inv := range list {
		if i == 5 {
			fmt.Fprintf(&b, " and %d more", len(list)-i)
			break
		}
		kind := "tx"
		if inv.Type&^wire.InvWitnessFlag == wire.InvTypeBlock {
			kind = "block"
		} else if inv.Type == protocol.InvTypeWTx {
			kind = "wtx"
		}
		fmt.Fprintf(&b, " %s %s", kind, names(inv.Hash))
	}
	return b.String()
}

func describeEvent(e protocol.Event, names func(any) string) string {
	switch e := e.(type) {
	case protocol.PeerUp:
		return "peer up: " + e.Peer.Addr
	case protocol.PeerDown:
		return fmt.Sprintf("peer down: %s, %v", e.Peer.Addr, e.Reason)
	case protocol.PeerFailed:
		return fmt.Sprintf("no connection: %s, %v", e.Addr, e.Reason)
	case protocol.HeadersAdvanced:
		return "new best chain: " + describeChange(e.Change, names)
	case protocol.HeadersLowered:
		return fmt.Sprintf("headers begin at %d", e.Base.Height+1)
	case protocol.HeadersCurrent:
		return "headers are current at " + names(e.Tip.Hash)
	case protocol.FiltersAdvanced:
		if e.Tip.Height < e.From {
			return fmt.Sprintf("filters wanted from %d on, none yet", e.From)
		}
		return fmt.Sprintf("filters %d to %s are on disk", e.From, names(e.Tip.Hash))
	case protocol.FiltersReverted:
		return fmt.Sprintf("filters from %d on were false", e.Height)
	case protocol.BlockArrived:
		return "block arrived: " + names(e.Hash)
	case protocol.TxSeen:
		return fmt.Sprintf("tx seen: %s from %s", names(e.Tx.TxHash()), e.Peer.Addr)
	case protocol.TxHeard:
		return fmt.Sprintf("tx heard: %s in %d groups", names(e.TxID), e.Groups)
	case protocol.TxPropagated:
		return fmt.Sprintf("tx propagated: %s, %d groups", names(e.TxID), e.Groups)
	case protocol.TxStalled:
		if e.Why == protocol.StallNone {
			return fmt.Sprintf("tx gets on: %s", names(e.TxID))
		}
		return fmt.Sprintf("tx stalled: %s, %v", names(e.TxID), e.Why)
	case protocol.TxAcknowledged:
		return fmt.Sprintf("tx acknowledged: %s by %s", names(e.TxID), e.Peer.Addr)
	case protocol.TxEchoed:
		return fmt.Sprintf("tx echoed: %s by %s", names(e.TxID), e.Peer.Addr)
	case protocol.HealthChanged:
		return "health is " + e.Health.Condition.String()
	case protocol.Warned:
		return "warning: " + describeWarning(e.Warning)
	}
	return fmt.Sprintf("%T", e)
}

func describePurpose(p protocol.Purpose) string {
	switch p {
	case protocol.ForBlocks:
		return " for blocks"
	case protocol.ForFeeling:
		return " to feel for it"
	case protocol.ForBroadcast:
		return " for a broadcast"
	}
	return ""
}

func describeWarning(w protocol.Warning) string {
	switch w.Kind {
	case protocol.WarnClock:
		return fmt.Sprintf("the chain of %s is ahead of our clock", w.Peer)
	case protocol.WarnFilterDispute:
		return fmt.Sprintf("filter %d is in dispute and its block cannot settle it", w.Height)
	case protocol.WarnFilterLie:
		return fmt.Sprintf("%s lied about filter %d", w.Peer, w.Height)
	case protocol.WarnNoFilterPeers:
		return "nobody serves filters"
	case protocol.WarnNodeStuck:
		return w.Peer + " makes no progress"
	}
	return fmt.Sprint(w)
}
