package settings

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/app"
	"thistle/ui/kit"
	"thistle/ui/present"
)

// peering is the card of how other peers are found and met. A choice that cannot
// be used is not made: what is wrong with it stands below it.
type peering struct {
	s     *Screen
	card  *fyne.Container
	over  *kit.Paragraph // what holds instead for now
	lines []*line
	marks []*mark
	// listening says whether others can connect.
	listening *kit.Paragraph
}

// line is something to type, which holds once it is applied.
type line struct {
	entry *kit.Entry
	field *kit.Field
	apply *kit.Button
	text  func(app.Peering) string
	shown string // as it is chosen
}

// mark is something to tick.
type mark struct {
	check *kit.Check
	field *kit.Paragraph // what is wrong
	on    func(app.Peering) bool
	quiet bool // draw is at work: nobody has chosen anything
}

func newPeering(s *Screen) *peering {
	p := &peering{s: s, over: kit.NewParagraph(kit.Small, kit.Warn, "").Called("settings.overruled")}
	p.listening = kit.NewParagraph(kit.Small, kit.Muted, "").Called("settings.listening")
	p.over.Hide()
	p.listening.Hide()
	says := func(text string) *kit.Paragraph { return kit.NewParagraph(kit.Small, kit.Muted, text) }
	part := func(objects ...fyne.CanvasObject) *fyne.Container { return kit.Column(kit.Gap-2, objects...) }
	p.card = card("Connection", p.over,
		part(p.line("settings.proxy", "Go through this SOCKS5 proxy", "none",
			func(v app.Peering) string { return v.Proxy },
			func(to *app.Peering, text string) { to.Proxy = strings.TrimSpace(text) }),
			says("Tor's is 127.0.0.1:9050. Everything goes through it, each connection under a name of its own, and no names are asked of DNS. If it does not answer, Thistle connects to nobody."),
			p.mark("settings.onion", "Onion addresses only", func(v app.Peering) bool { return v.OnionOnly }, func(to *app.Peering, on bool) { to.OnionOnly = on })),
		part(p.line("settings.connect", "Use these peers alone", "any", p.joined(func(v app.Peering) []string { return v.Connect }),
			func(to *app.Peering, text string) { to.Connect = present.PeerAddrs(text, s.state.Chain) }),
			says("Your own node, for example. Thistle then asks nobody else, and nobody else can tell whether it is right.")),
		part(p.line("settings.prefer", "Always connect to these too", "none", p.joined(func(v app.Peering) []string { return v.Preferred }),
			func(to *app.Peering, text string) { to.Preferred = present.PeerAddrs(text, s.state.Chain) }),
			p.mark("settings.dns", "Ask DNS for peers", func(v app.Peering) bool { return !v.NoDNS }, func(to *app.Peering, on bool) { to.NoDNS = !on })),
		part(p.line("settings.bloom", "Ask your own node instead of filters", "nobody",
			func(v app.Peering) string { return v.Bloom },
			func(to *app.Peering, text string) { to.Bloom = present.PeerAddr(text, s.state.Chain) }),
			says("Saves fetching filters, and costs privacy: that node is told what your addresses are (BIP37), and whoever runs it or listens to an unencrypted line to it can tell all that is yours. What it leaves out nobody notices. Name none but your own.")),
		part(p.line("settings.listen", "Let others connect here", "nowhere",
			func(v app.Peering) string { return v.Listen },
			func(to *app.Peering, text string) { to.Listen = strings.TrimSpace(text) }),
			p.listening,
			says("At 0.0.0.0:8333, for example, everybody can. You then give back what you take: headers, filters, and others' payments. They learn that this computer runs Thistle, and nothing of your wallets.")),
		part(p.mark("settings.lowdata", "Low data", func(v app.Peering) bool { return v.LowData }, func(to *app.Peering, on bool) { to.LowData = on }),
			says("Does not look for payments before they are in a block, which saves some 300 MB a day. Nobody then tells how far your own have travelled.")),
		part(p.mark("settings.v2", "Encrypt where possible", func(v app.Peering) bool { return !v.NoV2 }, func(to *app.Peering, on bool) { to.NoV2 = !on })))
	return p
}

func (p *peering) joined(of func(app.Peering) []string) func(app.Peering) string {
	return func(v app.Peering) string { return strings.Join(of(v), ", ") }
}

func (p *peering) line(id, label, placeholder string, text func(app.Peering) string, put func(*app.Peering, string)) *kit.Field {
	l := &line{entry: kit.NewEntry(id, placeholder), text: text}
	l.apply = kit.Secondary(id+".apply", "Apply", nil, func() {
		p.choose(func(to *app.Peering) { put(to, l.entry.Text) }, l.say)
	})
	l.apply.Disable()
	l.field = kit.NewField(label, container.NewBorder(nil, nil, nil, kit.Inset(0, 0, 0, kit.Gap, l.apply), l.entry)).Called(id + ".hint")
	l.entry.OnChanged = func(string) { l.apply.SetEnabled(l.entry.Text != l.shown) }
	l.entry.OnSubmitted = func(string) {
		if !l.apply.Disabled() {
			l.apply.OnTapped()
		}
	}
	p.lines = append(p.lines, l)
	return l.field
}

func (l *line) say(problem string) { l.field.SetHint(kit.Bad, problem) }

func (p *peering) mark(id, label string, on func(app.Peering) bool, put func(*app.Peering, bool)) fyne.CanvasObject {
	m := &mark{on: on, field: kit.NewParagraph(kit.Small, kit.Bad, "").Called(id + ".hint")}
	m.field.Hide()
	m.check = kit.NewCheck(id, label, func(on bool) {
		if !m.quiet {
			p.choose(func(to *app.Peering) { put(to, on) }, m.say)
		}
	})
	p.marks = append(p.marks, m)
	return kit.Column(0, kit.Row(0, m.check), m.field)
}

func (m *mark) say(problem string) {
	m.field.Set(problem)
	setShown(m.field, problem != "")
}

// choose makes a choice if it can be used, and says why if not.
func (p *peering) choose(change func(*app.Peering), say func(problem string)) {
	to := p.s.state.Settings.Peering
	to.Connect, to.Preferred = slices.Clone(to.Connect), slices.Clone(to.Preferred)
	change(&to)
	to.Unknown = false
	problem := present.PeeringProblem(to)
	for _, l := range p.lines {
		l.say("")
	}
	for _, m := range p.marks {
		m.say("")
	}
	say(problem)
	if problem == "" {
		p.s.change(func(s *present.Settings) { s.Peering = to })
	}
	p.draw(p.s.state)
	p.s.settle()
}

func (p *peering) draw(state present.SettingsState) {
	v := state.Settings.Peering
	p.over.Set(state.Overruled)
	setShown(p.over, state.Overruled != "")
	p.listening.SetTone(kit.Tone(state.Listening.Tone))
	p.listening.Set(state.Listening.Words)
	setShown(p.listening, state.Listening.Words != "")
	for _, l := range p.lines {
		typed := l.entry.Text != l.shown
		was := l.shown
		l.shown = l.text(v)
		if !typed || l.shown != was {
			l.entry.SetText(l.shown)
		}
		l.apply.SetEnabled(l.entry.Text != l.shown)
	}
	for _, m := range p.marks {
		if on := m.on(v); m.check.Checked != on {
			m.quiet = true
			m.check.SetChecked(on)
			m.quiet = false
		}
	}
}
