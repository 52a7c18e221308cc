// Package units holds the numbers of money and size, and the only places
// where text becomes such a number or the other way round.
//
// An [Amount] is a count of satoshi, a [FeeRate] a count of satoshi per 1,000
// virtual bytes, a [Weight] and a [VSize] are the sizes of BIP141. All are
// whole numbers: no float ever holds money, because 0.29 * 1e8 is not
// 29,000,000 in floating point.
//
// Guarantees: text is read exactly or refused, with a [ParseError] whose Kind
// says why and whose message is one sentence for a person. Sums are checked
// ([Add], [Sub], [Sum]) against overflow and against the 21 million there can
// be. A fee is rounded up, so that a transaction never pays less than the rate
// it claims.
//
// Not here: locale, currencies, and what is a sensible fee (package txbuild).
//
// To test: go test ./app/units; the parsers have fuzz targets.
package units
