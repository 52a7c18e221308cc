//go:build e2e

package ui_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// patience bounds every wait.
	patience = 30 * time.Second
	// pollEvery is how often the window is looked at while a test waits.
	pollEvery = 40 * time.Millisecond
)

// bin is the program under test.
var bin string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "thistle-window-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		bin = filepath.Join(dir, "thistle")
		err = build(bin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// build makes the program with the probe, and with the toolkit's own watch over
// its goroutine, which the tag migrated_fynedo takes out.
func build(bin string) error {
	cmd := exec.Command(cmp.Or(os.Getenv("GO"), "go"), "build", "-tags", "x11,no_metadata,e2e", "-o", bin, "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return nil
}

// display is an X server that nobody looks at.
type display struct {
	t    *testing.T
	name string // as in DISPLAY
}

func newDisplay(t *testing.T) *display {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	// No window manager: the window lies at the top left, and has what it asks for.
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1920x1200x24", "-dpi", "96", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	require.NoError(t, x.Start())
	require.NoError(t, w.Close())
	t.Cleanup(func() {
		_ = x.Process.Signal(syscall.SIGTERM)
		_ = x.Wait()
	})
	require.NoError(t, r.SetReadDeadline(time.Now().Add(patience)))
	number, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(t, err, "Xvfb names no display")
	require.NoError(t, r.Close())
	return &display{t: t, name: ":" + strings.TrimSpace(number)}
}

// run runs a program on the display and returns what it prints.
func (d *display) run(name string, args ...string) []byte {
	d.t.Helper()
	out, err := d.try(name, args...)
	require.NoError(d.t, err, "%s %s: %s", name, strings.Join(args, " "), out)
	return out
}

func (d *display) try(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+d.name)
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		return problem.Bytes(), err
	}
	return out.Bytes(), nil
}

// window is a running program and its window.
type window struct {
	t     *testing.T
	d     *display
	cmd   *exec.Cmd
	ended chan error
	ask   *os.File
	hear  *bufio.Reader
	said  *transcript
	xid   string // of the window
	first time.Duration
}

// transcript is what the program writes to its standard error.
type transcript struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}

// open starts the program in a folder of its own, at a scale, and waits for the
// first picture.
func (d *display) open(home, scale string, args ...string) *window {
	d.t.Helper()
	w := &window{t: d.t, d: d, ended: make(chan error, 1), said: &transcript{}}
	askRead, askWrite, err := os.Pipe()
	require.NoError(d.t, err)
	hearRead, hearWrite, err := os.Pipe()
	require.NoError(d.t, err)
	w.ask, w.hear = askWrite, bufio.NewReader(hearRead)
	d.t.Cleanup(func() { _, _ = askWrite.Close(), hearRead.Close() })

	w.cmd = exec.Command(bin, args...)
	w.cmd.ExtraFiles = []*os.File{askRead, hearWrite}
	w.cmd.Stdout, w.cmd.Stderr = w.said, w.said
	w.cmd.Env = append(freshHome(d.t, home), "DISPLAY="+d.name, "FYNE_SCALE="+scale, "THISTLE_PROBE=3,4")
	began := time.Now()
	require.NoError(d.t, w.cmd.Start())
	require.NoError(d.t, askRead.Close())
	require.NoError(d.t, hearWrite.Close())
	go func() { w.ended <- w.cmd.Wait() }()
	d.t.Cleanup(func() { _ = w.cmd.Process.Kill() })
	w.until("a window appears", func() bool {
		out, err := d.try("xdotool", "search", "--onlyvisible", "--name", "^Thistle$")
		w.xid, _, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
		return err == nil && w.xid != ""
	})
	w.until("something is painted", func() bool { return painted(w.picture()) })
	w.first = time.Since(began)
	return w
}

// freshHome is an environment in which the program finds nothing of this
// computer's.
func freshHome(t *testing.T, home string) []string {
	t.Helper()
	env := []string{"HOME=" + home, "LANG=en_US.UTF-8", "FYNE_THEME=light", "PATH=" + os.Getenv("PATH"), "TZ=UTC"}
	for name, folder := range map[string]string{"XDG_CONFIG_HOME": ".config", "XDG_DATA_HOME": ".data", "XDG_CACHE_HOME": ".cache", "XDG_RUNTIME_DIR": ".run"} {
		dir := filepath.Join(home, folder)
		require.NoError(t, os.MkdirAll(dir, 0o700))
		env = append(env, name+"="+dir)
	}
	return env
}

// ---- looking ----

// view is what the probe answers; see ui/shell/probe_e2e.go.
type view struct {
	Widgets []widget `json:"widgets"`
	Words   string   `json:"words"`
	Width   float64  `json:"width"`
	Height  float64  `json:"height"`
}

type widget struct {
	ID       string  `json:"id"`
	Text     string  `json:"text"`
	Area     area    `json:"area"`
	Clip     area    `json:"clip"`
	Disabled bool    `json:"disabled"`
	Focused  bool    `json:"focused"`
	Below    bool    `json:"below"`
	Done     float64 `json:"done"`
}

type area struct{ X0, Y0, X1, Y1 float64 }

func (a area) middle() (x, y int) { return int((a.X0 + a.X1) / 2), int((a.Y0 + a.Y1) / 2) }

func (w *window) look() view {
	w.t.Helper()
	_, err := w.ask.WriteString("look\n")
	w.alive(err)
	line, err := w.hear.ReadBytes('\n')
	w.alive(err)
	var v view
	require.NoError(w.t, json.Unmarshal(line, &v))
	return v
}

// alive fails with what the program said last.
func (w *window) alive(err error) {
	w.t.Helper()
	if err != nil {
		require.NoError(w.t, err, "the program does not answer; it said:\n%s", w.said)
	}
}

// find is the topmost widget of an identifier.
func (v view) find(id string) (widget, bool) {
	i := slices.IndexFunc(v.Widgets, func(w widget) bool { return w.ID == id && !w.Below })
	if i < 0 {
		return widget{}, false
	}
	return v.Widgets[i], true
}

func (v view) ids(prefix string) (ids []string) {
	for _, w := range v.Widgets {
		if strings.HasPrefix(w.ID, prefix) {
			ids = append(ids, w.ID)
		}
	}
	return ids
}

// until waits for something to be true.
func (w *window) until(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for !ok() {
		select {
		case <-poll.C:
		case err := <-w.ended:
			w.t.Fatalf("the program ended (%v) while the test waited until %s; it said:\n%s", err, what, w.said)
		case <-deadline.C:
			w.lose("waited in vain until %s", what)
		}
	}
}

// lose ends the test with a picture and the words of the window.
func (w *window) lose(format string, args ...any) {
	w.t.Helper()
	v := w.look()
	w.shoot("failed")
	w.t.Fatalf("%s\nidentifiers: %s\n\nwords:\n%s\n\nstderr:\n%s", fmt.Sprintf(format, args...), strings.Join(v.ids(""), " "), v.Words, w.said)
}

// sees waits for a widget.
func (w *window) sees(id string) (found widget) {
	w.t.Helper()
	w.until(id+" is shown", func() (ok bool) { found, ok = w.look().find(id); return ok })
	return found
}

// text is what a widget says.
func (w *window) text(id string) string { w.t.Helper(); return plain(w.sees(id).Text) }

// reads waits until a widget says something.
func (w *window) reads(id, words string) {
	w.t.Helper()
	w.until(id+" says "+strconv.Quote(words), func() bool {
		found, ok := w.look().find(id)
		return ok && strings.Contains(plain(found.Text), words)
	})
}

// finds waits until something can be read anywhere.
func (w *window) finds(words string) {
	w.t.Helper()
	w.until("the window says "+strconv.Quote(words), func() bool { return strings.Contains(plain(w.look().Words), words) })
}

// plain takes narrow spaces for spaces.
func plain(s string) string { return strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(s) }

// ---- acting ----

// reveal waits until a widget can be pressed, stands still and is in sight; the
// wheel brings it there.
func (w *window) reveal(id string) widget {
	w.t.Helper()
	var last, found widget
	w.until(id+" can be pressed", func() (ok bool) {
		last = found
		if found, ok = w.look().find(id); !ok || found.Disabled {
			return false
		}
		x, y := found.Area.middle()
		switch cx, cy := found.Clip.middle(); {
		case float64(y) < found.Clip.Y0+2:
			w.wheel(cx, cy, "4")
		case float64(y) > found.Clip.Y1-2:
			w.wheel(cx, cy, "5")
		default:
			return found.Area == last.Area && x >= 0
		}
		return false
	})
	return found
}

func (w *window) wheel(x, y int, button string) {
	w.t.Helper()
	w.d.run("xdotool", "mousemove", "--window", w.xid, strconv.Itoa(x), strconv.Itoa(y), "click", button)
}

// click presses a widget with the pointer.
func (w *window) click(id string) {
	w.t.Helper()
	x, y := w.reveal(id).Area.middle()
	w.d.run("xdotool", "mousemove", "--window", w.xid, strconv.Itoa(x), strconv.Itoa(y), "click", "1")
}

// write puts text in place of what is in a field. A server without a keyboard may
// lose keys while it learns new ones, so what has arrived is compared.
func (w *window) write(id, text string) {
	w.t.Helper()
	w.click(id)
	w.until(id+" has the keyboard", func() bool { found, ok := w.look().find(id); return ok && found.Focused })
	for range 3 {
		if w.text(id) != "" {
			w.key("ctrl+a")
			w.key("BackSpace")
		}
		w.d.run("xdotool", "type", "--delay", "4", text)
		if w.soon(func() bool { return w.sees(id).Text == text }) {
			return
		}
	}
	w.lose("typed %q, and %s holds %q", text, id, w.text(id))
}

// key presses a key, or several at once: "ctrl+l".
func (w *window) key(name string) { w.t.Helper(); w.d.run("xdotool", "key", name) }

// resize gives the window another size, and waits until all is laid out in it.
// It asks again if need be: without a window manager a size that the toolkit
// asks for at the same moment may win.
func (w *window) resize(width, height int) {
	w.t.Helper()
	for again := 0; ; again++ {
		w.d.run("xdotool", "windowsize", w.xid, strconv.Itoa(width), strconv.Itoa(height))
		if w.soon(func() bool { v := w.look(); return int(v.Width) == width && int(v.Height) == height }) {
			return
		}
		if again == 5 {
			v := w.look()
			w.lose("the window is %v × %v, not %d × %d", v.Width, v.Height, width, height)
		}
	}
}

// soon says whether something is true before long.
func (w *window) soon(ok func() bool) bool {
	w.t.Helper()
	late := time.NewTimer(3 * time.Second)
	defer late.Stop()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for !ok() {
		select {
		case <-poll.C:
		case <-late.C:
			return false
		}
	}
	return true
}

// exits waits for the program's end.
func (w *window) exits() {
	w.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case err := <-w.ended:
		require.NoError(w.t, err, "it said:\n%s", w.said)
	case <-late.C:
		require.NoError(w.t, w.cmd.Process.Signal(syscall.SIGQUIT)) // every goroutine's stack
		<-w.ended
		w.t.Fatalf("the program does not end:\n%s", w.said)
	}
	for line := range strings.Lines(w.harmless()) {
		for _, bad := range []string{"Error in Fyne call thread", "Fyne error", "panic", "ERROR"} {
			require.NotContains(w.t, line, bad, "the program said:\n%s", w.said)
		}
	}
}

// harmless is the transcript without what is known to mean nothing: at the end
// the toolkit writes its preferences, which are empty here, and at times it reads
// them in the middle of that. The end may cut what it says of it.
func (w *window) harmless() string {
	return regexp.MustCompile(`(?m)^.*Fyne error: +Preferences load error:\n(?:.*Cause: EOF\n(?:.*At: .*preferences\.go:\d+\n|\z)|\z)`).ReplaceAllString(w.said.String(), "")
}

// ---- measuring ----

// cpu is the processor time the program has used.
func (w *window) cpu() time.Duration {
	w.t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", w.cmd.Process.Pid))
	require.NoError(w.t, err)
	// Behind the name, which ends in the last bracket: state, then numbers.
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	var ticks time.Duration
	for _, f := range fields[11:13] { // user and system
		n, err := strconv.ParseInt(f, 10, 64)
		require.NoError(w.t, err)
		ticks += time.Duration(n)
	}
	return ticks * time.Second / 100
}

// memory is the program's resident memory, in megabytes.
func (w *window) memory() int {
	w.t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", w.cmd.Process.Pid))
	require.NoError(w.t, err)
	pages, err := strconv.Atoi(strings.Fields(string(raw))[1])
	require.NoError(w.t, err)
	return pages * os.Getpagesize() / 1_000_000
}

// ---- pictures ----

// picture is the window as it is on the display.
func (w *window) picture() *image.RGBA {
	w.t.Helper()
	out, err := w.d.try("import", "-silent", "-window", w.xid, "-depth", "8", "ppm:-")
	if err != nil {
		return image.NewRGBA(image.Rect(0, 0, 1, 1)) // not there yet
	}
	img, err := readPPM(out)
	require.NoError(w.t, err)
	return img
}

// readPPM reads the plainest of formats: a picture is taken a hundred times, and
// packing it as PNG takes longer than all else.
func readPPM(b []byte) (*image.RGBA, error) {
	var width, height, most int
	r := bytes.NewReader(b)
	if _, err := fmt.Fscanf(r, "P6\n%d %d\n%d\n", &width, &height, &most); err != nil {
		return nil, err
	}
	if r.Len() != 3*width*height || most != 255 {
		return nil, fmt.Errorf("%d bytes for %d × %d", r.Len(), width, height)
	}
	pixels := b[len(b)-r.Len():]
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		copy(img.Pix[4*i:], pixels[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	return img, nil
}

// painted says that a picture shows more than one colour.
func painted(img *image.RGBA) bool {
	b := img.Bounds()
	first := img.RGBAAt(b.Min.X, b.Min.Y)
	for y := b.Min.Y; y < b.Max.Y; y += 7 {
		for x := b.Min.X; x < b.Max.X; x += 7 {
			if img.RGBAAt(x, y) != first {
				return true
			}
		}
	}
	return false
}

// picturesVar names the folder for pictures; without it only those of failures
// are kept, in the system's temporary folder.
const picturesVar = "THISTLE_SCREENSHOTS"

// shoot keeps a picture of the window once it stands still.
func (w *window) shoot(name string) {
	w.t.Helper()
	dir := os.Getenv(picturesVar)
	switch {
	case name == "failed":
		dir = cmp.Or(dir, os.TempDir())
		name = "thistle-failed"
	case dir == "":
		return
	}
	w.stepAside()
	img := w.still()
	require.NoError(w.t, os.MkdirAll(dir, 0o755))
	file := filepath.Join(dir, name+".png")
	var raw bytes.Buffer
	require.NoError(w.t, png.Encode(&raw, img))
	// A palette makes it a third of the size, and nobody sees it.
	small := exec.Command("convert", "png:-", "+dither", "-colors", "256", "-strip", "png8:"+file)
	small.Stdin = &raw
	out, err := small.CombinedOutput()
	require.NoError(w.t, err, "%s", out)
	w.t.Logf("picture: %s", file)
}

// stepAside puts the pointer where it touches nothing, and takes the keyboard
// from whatever had it.
func (w *window) stepAside() {
	w.t.Helper()
	w.d.run("xdotool", "mousemove", "--window", w.xid, "100", "440", "click", "1")
}

// still is the first picture that is the same twice, or the last one.
func (w *window) still() *image.RGBA {
	w.t.Helper()
	img := w.picture()
	for range 20 {
		next := w.picture()
		if same(img, next) {
			return next
		}
		img = next
	}
	return img
}

func same(a, b *image.RGBA) bool { return a.Bounds() == b.Bounds() && bytes.Equal(a.Pix, b.Pix) }

// glare is where a dark picture has a light ground that somebody forgot: a
// square too large for a letter.
func glare(img *image.RGBA) (at image.Point, found bool) {
	const side, light = 12, 190
	b := img.Bounds()
	for y := b.Min.Y; y+side < b.Max.Y; y += side / 2 {
		for x := b.Min.X; x+side < b.Max.X; x += side / 2 {
			darkest := uint8(255)
			for dy := range side {
				for dx := range side {
					c := img.RGBAAt(x+dx, y+dy)
					darkest = min(darkest, c.R, c.G, c.B)
				}
			}
			if darkest > light {
				return image.Pt(x, y), true
			}
		}
	}
	return image.Point{}, false
}
