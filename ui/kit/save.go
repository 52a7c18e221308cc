package kit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// SaveFile lets the person choose where to save data; nothing is replaced
// unasked. done, which may be nil, gets the path, empty if nothing was saved.
// Identifiers: dialog.path, dialog.folder, dialog.save, dialog.cancel and
// dialog.hint.
func SaveFile(host Host, name string, data []byte, done func(path string, err error)) {
	if done == nil {
		done = func(string, error) {}
	}
	s := &saving{data: data, done: done}
	s.build(host, name)
	s.popup.Show()
	host.Window.Canvas().Focus(s.path)
}

type saving struct {
	data    []byte
	done    func(path string, err error)
	popup   *widget.PopUp
	path    *Entry
	field   *Field
	save    *Button
	replace string // the path that may be replaced
}

func (s *saving) build(host Host, name string) {
	folders := saveFolders()
	s.path = NewEntry("dialog.path", "")
	s.path.SetText(filepath.Join(folders[0], name))
	s.path.CursorColumn = len([]rune(s.path.Text))
	s.field = NewField("File", s.path).Called("dialog.hint")
	s.save = Primary("dialog.save", "Save", nil, s.write)
	cancel := Secondary("dialog.cancel", "Cancel", nil, func() { s.end("", nil) })
	s.path.escape, s.save.escape, cancel.escape = cancel.OnTapped, cancel.OnTapped, cancel.OnTapped
	s.path.OnChanged = func(string) { s.ask("") }
	s.path.OnSubmitted = func(string) { s.write() }
	folder := NewSelect("dialog.folder", folders, func(f string) {
		s.path.SetText(filepath.Join(f, filepath.Base(s.path.Text)))
	})
	folder.Selected = folders[0]
	content := Column(Space,
		NewText(Title, "Save a file").Called("dialog.title"),
		NewField("Folder", folder),
		s.field,
		container.NewBorder(nil, nil, nil, Row(Gap, cancel, s.save)),
	)
	c := host.Window.Canvas()
	s.popup = widget.NewModalPopUp(Inset(Edge, Edge, Edge, Edge, content), c)
	s.popup.Resize(fyne.NewSize(min(560, c.Size().Width-40), s.popup.MinSize().Height))
}

// saveFolders are the person's usual folders, the most likely one first.
func saveFolders() (found []string) {
	home, err := os.UserHomeDir()
	if err != nil {
		return []string{"."}
	}
	for _, name := range []string{"Downloads", "Documents", "Desktop", ""} {
		dir := filepath.Join(home, name)
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			found = append(found, dir)
		}
	}
	if len(found) == 0 {
		return []string{home}
	}
	return found
}

// ask shows why pressing the button once was not enough.
func (s *saving) ask(replace string) {
	s.replace = replace
	if replace == "" {
		s.field.SetHint(Muted, "")
		s.save.SetText("Save")
		return
	}
	s.field.SetHint(Warn, "There is such a file already.")
	s.save.SetText("Replace it")
}

func (s *saving) write() {
	path := s.path.Text
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if s.replace == path {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		s.ask(path)
		return
	}
	if err == nil {
		_, err = f.Write(s.data)
		if closed := f.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		s.end("", err)
		return
	}
	s.end(path, nil)
}

func (s *saving) end(path string, err error) {
	s.popup.Hide()
	s.done(path, err)
}
