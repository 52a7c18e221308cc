package spv_test

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv"
	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

// inTown runs a client among three honest peers, set up as change says.
func inTown(t *testing.T, change func(cfg *spv.Config, town *spvtest.Town), fn func(ctx context.Context, tr *trial)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(dawn())
		town := spvtest.NewTown(land())
		for range 3 {
			town.Add(spvtest.Deviation{})
		}
		tr := newTrial(t, town, spvtest.Hostile{})
		if change != nil {
			change(&tr.cfg, town)
		}
		tr.run(fn)
	})
}

// shifted is a clock that can be set.
type shifted struct{ by atomic.Int64 }

func (s *shifted) now() time.Time      { return time.Now().Add(time.Duration(s.by.Load())) }
func (s *shifted) set(d time.Duration) { s.by.Store(int64(d)) }

// A computer sleeps for a day: its clock leaps, its connections are dead.
func TestSuspend(t *testing.T) {
	var clock shifted
	inTown(t, func(cfg *spv.Config, _ *spvtest.Town) { cfg.Now = clock.now }, func(ctx context.Context, tr *trial) {
		tr.requireKnown(ctx, time.Hour)
		tr.town.Cut(true)
		clock.set(24 * time.Hour)
		tr.town.Cut(false)
		tr.town.Grow(land().Main.To(land().Start + 5))
		tr.requireKnown(ctx, time.Hour)
		tr.requireSpared()
	})
}

// The clock is a day late or early when the program begins again.
func TestClockMoved(t *testing.T) {
	for name, by := range map[string]time.Duration{"late": -24 * time.Hour, "early": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			var clock shifted
			inTown(t, func(cfg *spv.Config, _ *spvtest.Town) { cfg.Now = clock.now }, func(ctx context.Context, tr *trial) {
				tr.requireKnown(ctx, time.Hour)
				clock.set(by)
				tr.again(&ctx)
				tr.town.Grow(land().Main.To(land().Start + 5))
				tr.pass(ctx, 10*time.Minute, true)
				tr.requireSpared()
				clock.set(0)
				tr.again(&ctx)
				tr.requireKnown(ctx, time.Hour)
				tr.requireSpared()
			})
		})
	}
}

// The network comes and goes.
func TestFlap(t *testing.T) {
	inTown(t, nil, func(ctx context.Context, tr *trial) {
		for i := range int32(6) {
			tr.pass(ctx, time.Duration(1+i*i)*time.Second, true)
			tr.town.Cut(true)
			tr.town.Grow(land().Main.To(land().Start + i))
			tr.pass(ctx, time.Duration(1+i*i*i*10)*time.Second, true)
			tr.town.Cut(false)
		}
		tr.requireKnown(ctx, time.Hour)
		tr.requireSpared()
	})
}

// oddDNS answers each name in another odd way; one knows the town.
type oddDNS struct {
	town *spvtest.Town
	n    atomic.Int32
}

func (d *oddDNS) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	all, err := d.town.LookupNetIP(ctx, network, host)
	switch d.n.Add(1) % 5 {
	case 0:
		return nil, err
	case 1: // ten thousand
		for i := range 10_000 {
			all = append(all, netip.AddrFrom4([4]byte{60, byte(i >> 8), byte(i), 1}))
		}
	case 2: // again and again
		for range 6 {
			all = append(all, all...)
		}
	case 3:
		return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1"), netip.MustParseAddr("fe80::1%lo"), {}}, nil
	case 4:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return all, err
}

func TestOddSeeds(t *testing.T) {
	inTown(t, func(cfg *spv.Config, town *spvtest.Town) { cfg.Resolver = &oddDNS{town: town} }, func(ctx context.Context, tr *trial) {
		tr.requireKnown(ctx, 6*time.Hour)
		for addr := range tr.town.Strays() {
			require.Regexp(t, `^60\.`, addr, "no peer can be there")
		}
	})
}

// With a proxy that does not answer nobody is connected to, and nobody is asked
// for a name.
func TestDeadProxy(t *testing.T) {
	const proxy = "127.0.0.1:9050"
	for name, answer := range map[string]func(net.Conn){
		"silent": func(net.Conn) {},
		"closed": func(c net.Conn) { c.Close() },
		"other":  func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			var dials, asked atomic.Int32
			inTown(t, func(cfg *spv.Config, town *spvtest.Town) {
				cfg.Proxy = proxy
				for _, n := range town.Nodes() {
					cfg.FixedSeeds = append(cfg.FixedSeeds, n.Addr)
				}
				cfg.Resolver = lookup(func() { asked.Add(1) })
				cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					require.Equal(t, proxy, addr, "past the proxy")
					dials.Add(1)
					ours, theirs := net.Pipe()
					go func() {
						buf := make([]byte, 3)
						_, _ = theirs.Read(buf)
						answer(theirs)
						for {
							if _, err := theirs.Read(buf); err != nil {
								theirs.Close()
								return
							}
						}
					}()
					return ours, nil
				}
			}, func(ctx context.Context, tr *trial) {
				tr.pass(ctx, 20*time.Minute, true)
				require.Positive(t, dials.Load())
				require.Less(t, dials.Load(), int32(2000))
				require.Zero(t, asked.Load())
				require.Zero(t, tr.c.Status().Progress.Peers)
			})
		})
	}
}

type lookup func()

func (l lookup) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	l()
	return nil, nil
}
