//go:build e2e

package ui_test

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"thistle/spv/sandbox"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"
)

const password = "correct horse battery"

// TestNewcomer is the way of somebody who sees the program for the first time,
// in the real window: with the toolkit's real driver, pointer and keyboard.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	d := newDisplay(t)
	began := time.Now()
	step := func(what string) { t.Logf("%5.1f s  %s", time.Since(began).Seconds(), what) }
	w := d.open(home, "1", "demo")
	t.Logf("first picture after %v", w.first.Round(time.Millisecond))
	w.creates("Savings")
	step("a wallet is made")
	w.isPaid()
	step("two payments have come")
	txid := w.pays()
	step("one was sent")
	w.seesProof(txid)
	step("and proved")
	w.looksRound()
	step("all screens were seen")
	w.isSmall()
	step("and fit a small window")
	w.locks()
	step("locked and opened")
	balance := w.text("overview.balance")
	w.rests()
	w.key("ctrl+q")
	w.exits()

	w = d.open(home, "1", "demo")
	t.Logf("first picture of a second start after %v", w.first.Round(time.Millisecond))
	w.unlocks()
	w.reads("overview.balance", balance)
	w.sees("overview.row." + txid)
	w.reads("rail.sync", "In sync")
	require.NoError(t, w.cmd.Process.Signal(syscall.SIGTERM))
	w.exits()
}

// TestFirstStart opens the window on Bitcoin's own network, larger, and leaves it
// at once: nothing may be asked for or written before somebody wants a wallet.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	w := newDisplay(t).open(home, "1.5", "--no-dns", "--connect", "127.0.0.1:1")
	w.sees("onboard.new")
	require.NotContains(t, w.look().Words, "worth nothing")
	w.click("onboard.restore")
	w.write("onboard.name", "Old one")
	w.click("onboard.next")
	w.write("onboard.mnemonic", "abandon abandon zoo")
	w.click("onboard.next")
	w.sees("onboard.problem")
	require.NoError(t, w.cmd.Process.Signal(syscall.SIGTERM))
	w.exits()
}

// TestCatchingUp measures what the window costs while headers come in over a slow
// line: little enough not to be felt.
func TestCatchingUp(t *testing.T) {
	t.Parallel()
	nodes, err := sandbox.Network(t.Context(), 1, sandbox.Options{Premine: 6000})
	require.NoError(t, err)
	t.Cleanup(func() { _ = nodes.Close() })
	home, secret := t.TempDir(), filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(secret, []byte(password), 0o600))
	create := exec.Command(bin, "--network", "regtest", "--password-file", secret, "create")
	create.Env = freshHome(t, home)
	out, err := create.CombinedOutput()
	require.NoError(t, err, "%s", out)

	w := newDisplay(t).open(home, "1", "--network", "regtest", "--no-dns", "--connect", slowLine(t, nodes.Addrs()[0]))
	w.unlocks()
	w.reads("rail.sync", "Fetching headers")
	before, began := w.cpu(), time.Now()
	seldom := time.NewTicker(2 * time.Second) // looking costs more than what is measured
	defer seldom.Stop()
	for range seldom.C {
		require.Less(t, time.Since(began), patience)
		if found, ok := w.look().find("rail.sync"); ok && strings.Contains(found.Text, "In sync") {
			break
		}
	}
	took, used := time.Since(began), w.cpu()-before
	t.Logf("catching up for %v: %.1f %% of a processor, the sync's own work included", took.Round(time.Second), 100*float64(used)/float64(took))
	require.NoError(t, w.cmd.Process.Signal(syscall.SIGTERM))
	w.exits()
}

// slowLine is an address through which a node can be reached, at a rate.
func slowLine(t *testing.T, node string) string {
	t.Helper()
	const rate = 30_000 // bytes a second
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", node)
			if err != nil {
				_ = near.Close()
				continue
			}
			go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
			go func() {
				defer func() { _ = near.Close() }()
				tick := time.NewTicker(50 * time.Millisecond)
				defer tick.Stop()
				for range tick.C {
					if _, err := io.CopyN(near, far, rate/20); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// creates makes a wallet by the wizard.
func (w *window) creates(name string) {
	w.t.Helper()
	before, began := w.cpu(), time.Now()
	w.click("onboard.new")
	w.write("onboard.name", name)
	w.click("onboard.next")
	w.until("words are shown", func() bool { found, ok := w.look().find("onboard.word.12"); return ok && found.Text != "" })
	var words []string
	for i := 1; i <= 12; i++ {
		words = append(words, w.text("onboard.word."+strconv.Itoa(i)))
	}
	w.shoot("seed-light")
	w.click("onboard.written")
	w.until("words are asked for", func() bool { return len(w.look().ids("onboard.check.")) > 0 })
	for _, id := range w.look().ids("onboard.check.") {
		if n, err := strconv.Atoi(id[strings.LastIndexByte(id, '.')+1:]); err == nil {
			w.write(id, words[n-1])
		}
	}
	w.click("onboard.next")
	w.write("onboard.password", password)
	w.write("onboard.repeat", password)
	w.click("onboard.create")
	w.sees("overview.balance")
	w.reads("rail.sync", "In sync")
	w.t.Logf("wallet made and in sync after %v, of which %v on the processor", time.Since(began).Round(time.Second), (w.cpu() - before).Round(10*time.Millisecond))
	w.click("nav.settings")
	w.click("settings.theme.1") // light
	w.click("nav.overview")
}

// isPaid is paid twice, once with a label, and lets blocks be found.
func (w *window) isPaid() {
	w.t.Helper()
	w.click("nav.receive")
	w.write("receive.label", "Invoice 1043")
	w.key("Tab")
	address := strings.ReplaceAll(w.text("receive.address"), " ", "")
	require.True(w.t, strings.HasPrefix(address, "bcrt1q"), address)
	w.reads("rail.sync", "In sync") // a new address is searched for
	w.shoot("receive-light")
	w.readsQR(address)
	w.click("receive.copy")
	w.until("the address is on the clipboard", func() bool {
		out, err := w.d.try("xclip", "-selection", "clipboard", "-out")
		return err == nil && string(out) == address
	})
	w.click("demo.pay")
	w.reads("demo.news", "paid you")
	w.click("nav.overview")
	w.reads("overview.arriving", "+0.025 000 00 arriving")
	w.mines(1)
	w.reads("overview.balance", "0.025 000 00")
	w.click("demo.pay")
	w.reads("overview.arriving", "arriving")
	w.mines(6)
	w.reads("overview.balance", "0.050 000 00")
}

func (w *window) mines(n int) {
	w.t.Helper()
	for range n {
		before := w.text("rail.sync")
		w.click("demo.mine")
		w.until("the block is known", func() bool {
			found, ok := w.look().find("rail.sync")
			return ok && found.Text != before && strings.Contains(found.Text, "In sync")
		})
	}
}

// readsQR points a camera at the window.
func (w *window) readsQR(address string) {
	w.t.Helper()
	bmp, err := gozxing.NewBinaryBitmapFromImage(w.still())
	require.NoError(w.t, err)
	res, err := qrcode.NewQRCodeReader().Decode(bmp, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	require.NoError(w.t, err, "no QR code on the window can be read")
	require.Contains(w.t, strings.ToLower(res.GetText()), address)
}

// pays pays the shop, with a wrong password first.
func (w *window) pays() (txid string) {
	w.t.Helper()
	w.click("demo.shop")
	w.reads("send.amount", "0.01")
	require.Equal(w.t, "Coffee", w.text("send.label"))
	w.reads("send.left", "0.0")
	w.reveal("send.review")
	w.shoot("send-light")
	w.click("send.review")
	w.write("send.password", "wrong")
	w.click("send.confirm")
	w.finds("Wrong password")
	w.write("send.password", password)
	w.click("send.confirm")
	w.reads("send.state", "Sent — seen by 2 peers")
	txid = strings.ReplaceAll(w.text("send.txid"), " ", "")
	require.Len(w.t, txid, 64)
	w.mines(2)
	w.reads("send.confirmations", "2 of 6")
	w.click("demo.pay")
	w.reads("demo.news", "paid you")
	w.click("nav.overview")
	w.reads("overview.arriving", "arriving")
	w.shoot("overview-light")
	return txid
}

func (w *window) seesProof(txid string) {
	w.t.Helper()
	w.click("nav.history")
	w.click("history.row." + txid)
	w.reads("history.proof", "Proved by this computer")
	w.reads("history.work", "2 blocks of work on top")
	w.reveal("history.links")
	w.shoot("history-light")
}

// looksRound visits the other screens, and sees some of them in the dark.
func (w *window) looksRound() {
	w.t.Helper()
	w.click("nav.peers")
	w.until("two peers are listed", func() bool { return len(w.look().ids("peers.row.")) == 2 })
	w.click("peers.view.1")
	require.InDelta(w.t, 1, w.sees("peers.filters.bar").Done, 0)
	w.reads("peers.line", "Up to date with block")
	w.finds("agreed by 2 peers")
	w.click("peers.view.0")
	w.reads("peers.health.words", "practice network")
	w.shoot("peers-light")
	w.click("nav.settings")
	w.shoot("settings-light")
	w.click("settings.theme.2")
	for _, name := range []string{"history", "peers", "send", "overview"} {
		w.click("nav." + name)
		w.stepAside()
		at, found := glare(w.still())
		if found {
			w.lose("in the dark theme %s is light at %v", name, at)
		}
		if name == "history" || name == "overview" {
			w.shoot(name + "-dark")
		}
	}
	w.click("nav.settings")
	w.click("settings.theme.1")
	w.click("nav.overview")
}

// isSmall makes the window as small as it must still work, and checks that
// nothing sticks out at the side.
func (w *window) isSmall() {
	w.t.Helper()
	const width, height = 900, 600
	w.resize(width, height)
	for _, name := range []string{"overview", "send", "receive", "history", "peers", "settings"} {
		w.click("nav." + name)
		w.stepAside()
		w.still()
		for _, o := range w.look().Widgets {
			if o.Area.X1 > width+1 || o.Area.X0 < -1 {
				w.lose("in a small window %s reaches from %v to %v", o.ID, o.Area.X0, o.Area.X1)
			}
		}
		if os.Getenv("THISTLE_SMALL") != "" {
			w.shoot("small-" + name)
		}
	}
	w.resize(1180, 760)
	w.click("nav.overview")
}

// locks locks by the keyboard, and opens again.
func (w *window) locks() {
	w.t.Helper()
	balance := w.text("overview.balance")
	w.key("ctrl+l")
	w.sees("lock.password")
	require.NotContains(w.t, plain(w.look().Words), balance, "nothing of the wallet stays in the window")
	w.write("lock.password", "wrong")
	w.click("lock.unlock")
	w.reads("lock.problem", "Wrong password")
	w.unlocks()
	w.reads("overview.balance", balance)
}

func (w *window) unlocks() {
	w.t.Helper()
	w.write("lock.password", password)
	w.key("Return")
	w.sees("overview.balance")
}

// rests measures what the window costs while nothing happens.
func (w *window) rests() {
	w.t.Helper()
	const rest = 3 * time.Second
	before := w.cpu()
	<-time.After(rest)
	used := w.cpu() - before
	w.t.Logf("at rest: %.1f %% of a processor, %d MB of memory", 100*float64(used)/float64(rest), w.memory())
}
