package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"thistle/assets"
)

// The icons, in the colour of the words beside them.
var (
	IconBack        = drawn("back")
	IconBlock       = drawn("block")
	IconBolt        = drawn("bolt")
	IconCheck       = drawn("check")
	IconClock       = drawn("clock")
	IconClose       = drawn("close")
	IconCoins       = drawn("coins")
	IconCopy        = drawn("copy")
	IconDown        = drawn("down")
	IconExport      = drawn("export")
	IconEye         = drawn("eye")
	IconEyeOff      = drawn("eye-off")
	IconHistory     = drawn("history")
	IconHome        = drawn("home")
	IconInfo        = drawn("info")
	IconKey         = drawn("key")
	IconLock        = drawn("lock")
	IconNext        = drawn("next")
	IconPeers       = drawn("peers")
	IconPlus        = drawn("plus")
	IconQR          = drawn("qr")
	IconReceive     = drawn("receive")
	IconSearch      = drawn("search")
	IconSend        = drawn("send")
	IconSettings    = drawn("settings")
	IconShieldCheck = drawn("shield-check")
	IconTag         = drawn("tag")
	IconThistle     = drawn("thistle")
	IconUnlock      = drawn("unlock")
	IconWarning     = drawn("warning")
)

func drawn(name string) fyne.Resource {
	return theme.NewThemedResource(fyne.NewStaticResource(name+".svg", assets.Icon(name)))
}
