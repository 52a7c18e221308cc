package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Choice is one of several, on a card of its own.
type Choice struct {
	ID    string // unique among the choices
	Title string
	Text  string // may wrap
	Extra string // a figure, may be empty
}

// Choices are cards beside each other of which one is chosen, by pointer or by
// the arrow keys.
type Choices struct {
	widget.BaseWidget
	Named
	choices []Choice
	chosen  string
	fn      func(id string)
	cards   []*choiceCard
	box     *fyne.Container
}

// NewChoices returns cards of which none is chosen; fn hears when the person
// chooses another one. A card's identifier is id, a dot and the choice's.
func NewChoices(id string, choices []Choice, fn func(id string)) *Choices {
	c := &Choices{Named: Named{ID: id}, fn: fn, box: Shares(10, nil)}
	c.ExtendBaseWidget(c)
	c.Set(choices)
	return c
}

// Set changes the words of the cards. The chosen one stays.
func (c *Choices) Set(choices []Choice) {
	c.choices = choices
	for len(c.cards) < len(choices) {
		c.cards = append(c.cards, newChoiceCard(c))
	}
	c.cards = c.cards[:len(choices)]
	if len(c.box.Objects) != len(c.cards) {
		c.box.Objects = nil
		for _, card := range c.cards {
			c.box.Objects = append(c.box.Objects, card)
		}
		c.box.Refresh()
	}
	for i, card := range c.cards {
		card.ID = c.ID + "." + choices[i].ID
		card.set(choices[i], choices[i].ID == c.chosen)
	}
}

// Select chooses a card without telling.
func (c *Choices) Select(id string) {
	if c.chosen != id {
		c.chosen = id
		c.Set(c.choices)
	}
}

// Selected is the chosen card's ID, empty if there is none.
func (c *Choices) Selected() string { return c.chosen }

// SetEnabled enables or disables all cards.
func (c *Choices) SetEnabled(on bool) {
	for _, card := range c.cards {
		card.SetEnabled(on)
	}
}

// Text is the chosen card's title.
func (c *Choices) Text() string {
	for _, ch := range c.choices {
		if ch.ID == c.chosen {
			return ch.Title
		}
	}
	return ""
}

func (c *Choices) choose(id string) {
	if c.chosen != id {
		c.Select(id)
		if c.fn != nil {
			c.fn(id)
		}
	}
}

// step moves the choice and the focus from a card to its neighbour.
func (c *Choices) step(from *choiceCard, by int) {
	for i, card := range c.cards {
		if to := i + by; card == from && to >= 0 && to < len(c.cards) {
			if cv := fyne.CurrentApp().Driver().CanvasForObject(from); cv != nil {
				cv.Focus(c.cards[to])
			}
			c.choose(c.choices[to].ID)
			return
		}
	}
}

// CreateRenderer implements fyne.Widget.
func (c *Choices) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.box) }

type choiceCard struct {
	touch
	chosen bool
	panel  *Panel
	title  *Text
	extra  *Text
	text   *Paragraph
	box    *fyne.Container
}

func newChoiceCard(c *Choices) *choiceCard {
	card := &choiceCard{panel: NewPanel(ColorField, ColorLine, FieldRadius), title: NewText(Strong, "").Shortened(), extra: NewText(Small, "").Shortened(), text: NewParagraph(Small, Muted, "")}
	card.box = Inset(10, 12, 10, 12, Column(2, card.title, card.text, card.extra))
	card.fn = func() {
		for i := range c.cards {
			if c.cards[i] == card {
				c.choose(c.choices[i].ID)
				return
			}
		}
	}
	card.key = func(k fyne.KeyName) bool {
		switch k {
		case fyne.KeyLeft, fyne.KeyUp:
			c.step(card, -1)
		case fyne.KeyRight, fyne.KeyDown:
			c.step(card, 1)
		default:
			return false
		}
		return true
	}
	card.ExtendBaseWidget(card)
	return card
}

func (c *choiceCard) set(ch Choice, chosen bool) {
	c.label = ch.Title + ", " + ch.Text
	c.title.Set(ch.Title)
	c.text.Set(ch.Text)
	c.extra.Set(ch.Extra)
	setVisible(c.extra, ch.Extra != "")
	if c.chosen != chosen {
		c.chosen = chosen
		c.Refresh()
	}
}

// Text is all the words on the card.
func (c *choiceCard) Text() string {
	return c.title.Text() + "\n" + c.text.Text() + "\n" + c.extra.Text()
}

// Selected says whether the card is the chosen one.
func (c *choiceCard) Selected() bool { return c.chosen }

// CreateRenderer implements fyne.Widget.
func (c *choiceCard) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{c.panel, c.box}}
	d.min = c.box.MinSize
	d.layout = func(size fyne.Size) {
		c.panel.Resize(size)
		c.box.Resize(size)
	}
	d.refresh = func() {
		tone, fill, line, width := Plain, ColorField, ColorLine, float32(1)
		switch {
		case c.off:
			tone = Off
		case c.chosen:
			tone, fill, line, width = Accent, ColorCard, theme.ColorNamePrimary, 2
		case c.hovered:
			line = ColorMuted
		}
		if c.focused {
			line, width = theme.ColorNamePrimary, 2
			fill = ColorAccentGround
		}
		c.title.SetTone(tone)
		c.panel.Set(fill, line, width)
	}
	d.refresh()
	return d
}
