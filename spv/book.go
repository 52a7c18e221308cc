package spv

import (
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/protocol"
)

// networks are those that can be reached.
func (cfg *Config) networks() addrmgr.Networks {
	switch {
	case cfg.OnionOnly:
		return addrmgr.In(addrmgr.Onion)
	case cfg.Proxy != "":
		return addrmgr.In(addrmgr.IPv4, addrmgr.IPv6, addrmgr.Onion)
	}
	return addrmgr.In(addrmgr.IPv4, addrmgr.IPv6)
}

// loadBook reads what the last run knew of peers. Without it they are looked for
// anew.
func (c *Client) loadBook() addrmgr.Snapshot {
	book, err := c.store.Peers()
	if err != nil {
		c.log.Warn("addresses of peers could not be read", "err", err)
	}
	return book
}

// saveBook keeps what is known of peers. That it could not be is no reason to
// stop: it costs time at the next start, never coins.
func (c *Client) saveBook(book addrmgr.Snapshot) {
	if err := c.store.SavePeers(book); err != nil {
		c.log.Warn("addresses of peers could not be saved", "err", err)
	}
}

// keepBook saves at the end of a run what was not saved in it.
func (c *Client) keepBook() {
	c.mu.Lock()
	changed, book := c.machine.BookChanged(), addrmgr.Snapshot{}
	if changed {
		book = c.machine.Book()
	}
	c.mu.Unlock()
	if changed {
		c.saveBook(book)
	}
}

// AddPeer connects to an address ("host:port") beside others, and keeps it for
// this run.
func (c *Client) AddPeer(addr string) { c.commands.put(protocol.AddPeer{Addr: addr}) }

// RemovePeer takes AddPeer back, and what Config.Preferred names, for this run.
func (c *Client) RemovePeer(addr string) { c.commands.put(protocol.RemovePeer{Addr: addr}) }

// BanPeer refuses an address and its neighbours (/64 of IPv6) for some time, a
// day if 0, and ends connections to them. Without a port all its ports are meant.
func (c *Client) BanPeer(addr string, length time.Duration) {
	c.commands.put(protocol.BanPeer{Addr: addr, For: length})
}

// UnbanPeer ends a refusal: by the address, or the key that Bans gives.
func (c *Client) UnbanPeer(addr string) { c.commands.put(protocol.UnbanPeer{Addr: addr}) }

// Bans lists what is refused, what ends first first.
func (c *Client) Bans() []Ban {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.machine.Bans(c.cfg.Now())
}
