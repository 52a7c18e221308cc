//go:build !nogui

package ui

import (
	"context"
	"os"
	"runtime"
	"time"

	"thistle/assets"
	"thistle/ui/shell"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/driver"
)

// Built says whether the program has a window.
const Built = true

// endWithin bounds the end, beyond what the shell allows itself: the process
// must not linger unseen.
const endWithin = 15 * time.Second

// Display tells whether there is a screen to open a window on.
func Display() bool {
	return !needsX11() || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// needsX11 says that windows are X11's here.
func needsX11() bool { return runtime.GOOS != "windows" && runtime.GOOS != "darwin" }

// Run opens the window and returns once it is closed and everything behind it
// has ended. It must be called on the main goroutine.
func Run(ctx context.Context, o Options) error {
	if needsX11() && os.Getenv("DISPLAY") == "" {
		if os.Getenv("WAYLAND_DISPLAY") != "" {
			return refusal("it needs XWayland, or another X server, and DISPLAY is not set")
		}
		return refusal(`there is no display; "thistle help" lists what works without one`)
	}
	a := application(o.Version)
	s := shell.New(a, o.shell())
	defer s.Close() // also if the toolkit panics
	if err := show(s.Window()); err != nil {
		return err
	}
	// The driver's Quit, not the application's: the toolkit listens for the same
	// signals, and once its loop has ended windows must not be touched.
	quit := context.AfterFunc(ctx, func() { fyne.Do(a.Driver().Quit) })
	a.Run()
	quit()
	s.Ended()
	return end(s)
}

// application is the toolkit's, told who we are: it must not look for that in
// the folder the program lies in.
func application(version string) fyne.App {
	icon := fyne.NewStaticResource("thistle.svg", assets.AppIcon())
	fyneapp.SetMetadata(fyne.AppMetadata{
		ID: ID, Name: "Thistle", Version: version, Build: 1, Icon: icon, Release: true,
		Migrations: map[string]bool{"fyneDo": true},
	})
	// The toolkit makes a folder of its own in here, but not this one.
	if dir, err := os.UserCacheDir(); err == nil {
		_ = os.MkdirAll(dir, 0o700)
	}
	a := fyneapp.NewWithID(ID)
	a.SetIcon(icon)
	return a
}

// show makes the window. Where the display refuses, the toolkit panics, or says
// so on stderr and goes on without a window.
func show(w fyne.Window) (err error) {
	made := true
	defer func() {
		if v := recover(); v != nil || !made {
			err = refusal("the display " + os.Getenv("DISPLAY") + ` cannot be used; "thistle help" lists what works without one`)
		}
	}()
	w.Show()
	if native, ok := w.(driver.NativeWindow); ok {
		native.RunNative(func(window any) {
			if x, ok := window.(driver.X11WindowContext); ok {
				made = x.WindowHandle != 0
			}
		})
	}
	return nil
}

// end waits for whatever the window began.
func end(s *shell.Shell) error {
	done := make(chan struct{})
	go func() { defer close(done); s.Close() }()
	late := time.NewTimer(endWithin)
	defer late.Stop()
	select {
	case <-done:
		return nil
	case <-late.C:
		return refusal("something did not end in time")
	}
}

func (o Options) shell() shell.Options {
	to := shell.Options{Env: o.Env, Network: o.Network, DataDir: o.DataDir, Over: o.Over, Version: o.Version, Log: o.Log}
	if o.Demo != nil {
		to.Demo = func(ctx context.Context, progress func(string)) (shell.Demo, error) { return o.Demo(ctx, progress) }
	}
	return to
}
