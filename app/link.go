package app

import (
	"errors"
	"strings"

	"thistle/app/descriptor"
	"thistle/app/payuri"
)

// ParseLink reads an address, or a bitcoin: link (BIP321, BIP21), meant for this
// network. Of several addresses the first that can be paid is taken. White space
// around it is passed over. Errors are of KindAddress or KindAmount.
func ParseLink(env *Env, text string) (*Link, error) {
	const op = "read payment link"
	text = strings.TrimSpace(text)
	if !payuri.Has(text) {
		if _, err := descriptor.ParseAddress(text, env.Params.Net); err != nil {
			return nil, &Error{Op: op, Kind: KindAddress, Detail: sentence(err), Err: err}
		}
		return &Link{Address: text}, nil
	}
	request, err := payuri.Parse(text, env.Params.Net)
	if err != nil {
		kind := KindAddress
		var bad *payuri.Error
		if errors.As(err, &bad) && bad.Kind == payuri.KindAmount {
			kind = KindAmount
		}
		return nil, &Error{Op: op, Kind: kind, Detail: sentence(err), Err: err}
	}
	link := &Link{Amount: request.Amount, Label: request.Label, Message: request.Message}
	var first error
	for _, address := range request.Addresses {
		_, err := descriptor.ParseAddress(address, env.Params.Net)
		if err == nil {
			link.Address = address
			return link, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, &Error{Op: op, Kind: KindAddress, Detail: sentence(first), Err: first}
}
