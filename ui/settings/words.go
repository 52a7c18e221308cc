package settings

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// shownFor is how long recovery words stay on the screen.
const shownFor = time.Minute

// words is the page on which the recovery words are shown, or some of them asked
// for. It covers the settings as long as it is open.
type words struct {
	s       *Screen
	content *fyne.Container
	check   bool // some are asked for
	turn    int  // answers to older ones are dropped

	password *kit.Entry
	problem  *kit.Paragraph
	next     *kit.Button
	body     *fyne.Container
	left     *kit.Text

	cells   []*kit.Text
	until   time.Time // when shown words go
	asked   *present.WordCheck
	answers []*kit.Entry
}

func newWords(s *Screen) *words {
	w := &words{s: s, content: container.NewStack()}
	w.content.Hide()
	return w
}

// enter opens the page and asks for the password.
func (w *words) enter(check bool) {
	if !w.s.state.Open() {
		return
	}
	w.drop()
	w.check = check
	title, lead, label := "Your recovery words", "Whoever sees these words can take your coins. Make sure that you are alone and that no camera is on.", "Show them"
	if check {
		title, lead, label = "Check your recovery words", "Take your paper. Some of the words are asked for, to be sure that what you wrote down is right.", "Go on"
	}
	w.password = kit.NewPassword("settings.secret.password", "Password of this wallet")
	w.password.OnSubmitted = func(string) { w.reveal() }
	w.problem = kit.NewParagraph(kit.Body, kit.Bad, "").Called("settings.secret.problem")
	w.problem.Hide()
	w.left = kit.Label(kit.Small, kit.Muted, "").Shortened().Called("settings.secret.left")
	w.next = kit.Primary("settings.secret.next", label, nil, w.reveal)
	w.body = container.NewStack(kit.Card(kit.NewField("Password", w.password)))
	back := kit.Secondary("settings.secret.close", "Close", nil, w.leave)
	page := kit.Column(kit.Space,
		kit.PageHead(title, "", nil),
		kit.NewParagraph(kit.Body, kit.Muted, lead), w.body, w.problem,
		container.NewBorder(nil, nil, back, w.next, kit.Inset(0, 12, 0, 12, kit.Middle(w.left))))
	w.content.Objects = []fyne.CanvasObject{kit.AtMost(760, page)}
	w.s.main.Hide()
	w.content.Show()
	w.s.settle()
	w.s.focus(w.password)
}

// leave closes the page and forgets everything that was on it.
func (w *words) leave() {
	if !w.content.Visible() {
		return
	}
	w.drop()
	w.content.Hide()
	w.content.Objects = nil
	w.s.main.Show()
	w.s.settle()
}

func (w *words) drop() {
	w.turn++
	w.until = time.Time{}
	for _, c := range w.cells {
		c.Set("")
	}
	for _, e := range append(w.answers, w.password) {
		if e != nil {
			clear(e.Take())
		}
	}
	if w.asked != nil {
		w.asked.Wipe()
	}
	w.cells, w.answers, w.asked = nil, nil, nil
	w.s.unfocus()
}

func (w *words) say(text string) {
	w.problem.Set(text)
	setShown(w.problem, text != "")
	w.s.settle()
}

// reveal asks for the words.
func (w *words) reveal() {
	if w.next.Disabled() {
		return
	}
	if w.password.Text == "" {
		w.say("Type the password first.")
		w.s.focus(w.password)
		return
	}
	w.say("")
	w.next.Disable()
	w.turn++
	turn := w.turn
	w.s.a.Words(w.password.Take(), func(words []byte, problem string) {
		defer clear(words)
		if turn != w.turn {
			return
		}
		w.next.Enable()
		switch {
		case problem != "":
			w.say(problem)
			w.s.focus(w.password)
		case w.check:
			w.ask(words)
		default:
			w.show(words)
		}
	})
}

// show puts the words on the screen, for a while.
func (w *words) show(words []byte) {
	list := bytes.Fields(words)
	columns, gap := 3, float32(10)
	if len(list) > 12 {
		columns, gap = 4, 8
	}
	grid := kit.Column(gap)
	var row *fyne.Container
	for i, word := range list {
		if i%columns == 0 {
			row = kit.Shares(gap, nil)
			grid.Add(row)
		}
		cell := kit.NewText(kit.Heading, string(word)).Called("settings.word." + strconv.Itoa(i+1))
		w.cells = append(w.cells, cell)
		number := container.NewStack(kit.Blank(22, 1), kit.Label(kit.Small, kit.Muted, strconv.Itoa(i+1)))
		row.Add(container.NewStack(kit.NewPanel(kit.ColorField, kit.ColorLine, kit.FieldRadius),
			kit.Inset(10, 12, 10, 14, kit.Row(kit.Gap, number, cell))))
	}
	w.body.Objects = []fyne.CanvasObject{kit.Column(kit.Space, kit.Card(grid),
		kit.Banner(kit.Warn, kit.IconEyeOff, "Never type these words into a web site, and take no photo of them. Nobody who helps you needs them."))}
	w.next.Hide()
	w.until = w.s.state.Now.Add(shownFor)
	w.tick(w.s.state.Now)
	w.s.settle()
}

// tick takes the words away when their time is over.
func (w *words) tick(now time.Time) {
	if w.until.IsZero() {
		return
	}
	if left := w.until.Sub(now); left > 0 {
		w.left.Set("They disappear in " + present.Duration(left.Round(time.Second)) + ".")
		return
	}
	w.leave()
}

// ask asks for some words.
func (w *words) ask(words []byte) {
	w.asked = present.NewWordCheck(words, rand.IntN)
	row := kit.Shares(kit.Space, nil)
	for i, position := range w.asked.Asked() {
		e := kit.NewSecret(fmt.Sprintf("settings.check.%d", position), "as on your paper")
		e.OnSubmitted = func(string) {
			if i+1 < len(w.answers) {
				w.s.focus(w.answers[i+1])
				return
			}
			w.compare()
		}
		w.answers = append(w.answers, e)
		row.Add(kit.NewField(fmt.Sprintf("Word %d", position), e))
	}
	w.body.Objects = []fyne.CanvasObject{kit.Card(row)}
	w.next.SetText("Check")
	w.next.OnTapped = w.compare
	w.s.settle()
	if len(w.answers) > 0 {
		w.s.focus(w.answers[0])
	}
}

func (w *words) compare() {
	if w.asked == nil { // the keys of a field that has gone
		return
	}
	var answers [][]byte
	for _, e := range w.answers {
		answers = append(answers, []byte(e.Text))
	}
	problem := w.asked.Check(answers)
	for _, a := range answers {
		clear(a)
	}
	if problem != "" {
		w.say(problem)
		return
	}
	w.say("")
	w.drop()
	w.body.Objects = []fyne.CanvasObject{kit.Banner(kit.Good, kit.IconCheck, "Right. The words on your paper are those of this wallet.")}
	w.next.Hide()
	w.s.settle()
	w.s.a.WordsChecked()
}
