package spv

// Health tells how well the client is connected now.
func (c *Client) Health() Health {
	c.mu.Lock() // asking may make the machine note when to look again
	defer c.mu.Unlock()
	return c.machine.Health(c.cfg.Now())
}
