/**
 * The state of issuance, in whatever form it is written, into one code, so that two of them can be compared by equality.
 *
 * The stored form has at most six characters:
 *
 *   MA       a state, the District, or a territory of the United States, by its postal code
 *   CA-QC    a province of Canada, by ISO 3166-2
 *   MX-SON   a state of Mexico, by ISO 3166-2
 *   DEU      any other country, by ISO 3166-1 alpha-3
 *   US-GOV   the United States themselves: federal and diplomatic plates, which NCIC does not tell apart either
 *   US-TLL   a tribe or nation that issues plates: T and its NCIC code
 *
 * What cannot be settled is null, and null is "unknown", which still alerts, as "verify jurisdiction" (DESIGN section 4).
 * A wrong code is worse: it is "other", and silences the alert. So "US", "Canada" and "Mexico" alone are null too: plates
 * there are issued by states, and a code for the country would be unequal to every one of them.
 *
 * Two letters mean different things to different writers (CA, DE, NB, NL …). The context says who writes; without any,
 * they are a state field of the post: CA is California, DE Delaware, and a code that is no state or province is a country's.
 * NB is null there, since it is New Brunswick to the post and Nebraska to NCIC, and lists mix them up.
 *
 * Runs in the server, the browser and the patrol car.
 */
import {
  countryCodes,
  countryCodes3,
  federal,
  mexicanCodes,
  type NamedIssuer,
  names,
  ncicAmbiguous,
  ncicCodes,
  plainName,
  provinceCodes,
  stateCodes,
  tribalCodes,
} from './jurisdictionTables.ts'

export type JurisdictionContext = {
  /**
   * Whose two-letter codes these are: the post's (the default), NCIC's (LIS), or ISO 3166 (a bare code is a country, as
   * Plate Recognizer writes `de` beside `us-ma`).
   */
  readonly codes?: 'postal' | 'ncic' | 'iso'
  /** The country that the source names beside it, alpha-2 or alpha-3, in any case. A text that contradicts it is null. */
  readonly country?: string
  /** The feed writes letter O as zero: `0H`, `M0`. */
  readonly zeroFolded?: boolean
}

const noContext: JurisdictionContext = {}
const writtenLengthMax = 60

/** The code of a state of issuance, or null where it is unknown, ambiguous, or only a country whose states issue. */
export function jurisdictionOf(written: string, context: JurisdictionContext = noContext): string | null {
  if (context === noContext && stateCodes.has(written)) return written
  if (written.length > writtenLengthMax) return null
  const unfolded = context.zeroFolded ? written.replaceAll('0', 'O') : written
  const text = unfolded.trim().toUpperCase()
  const prefixed = /^([A-Z]{2,3})[-_:/ ]([A-Z]{1,3})$/.exec(text)
  const name = names.get(plainName(text))
  // "WASHINGTON" and "NEW YORK" are names; "US MA" and "NY" are not.
  if (context.country !== undefined) return withinHint(text, prefixed, name, context.country)
  if (prefixed && !name) return withinPrefix(prefixed[1] ?? '', prefixed[2] ?? '')
  if (name) return name.code === 'GA' && context.codes === 'iso' ? null : name.code
  if (text.length === 3) return ofAlpha3(text)
  if (!/^[A-Z]{2}$/.test(text)) return null
  if (context.codes === 'ncic') return ofNcic(text)
  return context.codes === 'iso' ? ofAlpha2(text) : ofPostal(text)
}

/** A bare code in a state field: a state, a province, and only then a country. */
function ofPostal(code: string): string | null {
  if (stateCodes.has(code)) return code
  if (code === 'NB') return null
  return provinceCodes.get(code) ?? ofAlpha2(code)
}

/** NCIC's own codes of foreign countries are not known to us in full, and are not ISO's: they are unknown. */
function ofNcic(code: string): string | null {
  if (ncicAmbiguous.has(code)) return null
  return ncicCodes.get(code) ?? (stateCodes.has(code) ? code : (provinceCodes.get(code) ?? null))
}

function ofAlpha2(code: string): string | null {
  if (territories.has(code)) return code
  return issuedByStates.has(code) ? null : (countryCodes.get(code) ?? null)
}

function ofAlpha3(code: string): string | null {
  const alpha2 = countryCodes3.get(code)
  return alpha2 === undefined ? null : ofAlpha2(alpha2)
}

/** Countries of their own to ISO, but with a postal code among the states, which is the one stored. */
const territories: ReadonlySet<string> = new Set(['AS', 'GU', 'MP', 'PR', 'VI'])

/** Countries whose states issue plates, so that the country alone does not say whose plate it is. */
const issuedByStates: ReadonlySet<string> = new Set(['US', 'CA', 'MX'])

/** `US-MA`, `ca-qc`, `MX-SON`, `eu-de`; of other countries' parts (`AU-NSW`) only the country is kept. */
function withinPrefix(prefix: string, part: string): string | null {
  // Some vendors put the continent first, and the country behind it.
  if (prefix === 'EU') return part.length === 2 ? ofAlpha2(part) : ofAlpha3(part)
  const country = alpha2Of(prefix)
  return country === null ? null : withinCountry(country, part)
}

function withinCountry(country: string, part: string): string | null {
  if (country === 'US') return ofUnitedStates(part)
  if (country === 'CA') return canadian.get(part) ?? null
  if (country === 'MX') return mexicanCodes.get(part) ?? null
  // "MA-US" is Massachusetts written backwards, or Morocco with a part it has not got.
  return issuedByStates.has(alpha2Of(part) ?? '') ? null : ofAlpha2(country)
}

/** Under Canada every way to write a province is plain, NCIC's included. */
const canadian: ReadonlyMap<string, string> = new Map([...provinceCodes, ['NK', 'CA-NB'], ['SN', 'CA-SK']])

function ofUnitedStates(part: string): string | null {
  if (stateCodes.has(part)) return part
  if (`US-${part}` === federal) return federal
  return part.length === 3 && part.startsWith('T') ? (tribalCodes.get(part.slice(1)) ?? null) : null
}

/** The text within the country that the source names: null where the two do not agree. */
function withinHint(
  text: string,
  prefixed: RegExpExecArray | null,
  name: NamedIssuer | undefined,
  hint: string,
): string | null {
  const country = alpha2Of(hint.trim().toUpperCase())
  if (country === null) return null
  if (name && issuedByStates.has(country)) return name.country === country ? name.code : null
  if (prefixed) return alpha2Of(prefixed[1] ?? '') === country ? withinCountry(country, prefixed[2] ?? '') : null
  if (issuedByStates.has(country)) return withinCountry(country, text)
  const named = text.length === 3 ? countryCodes3.get(text) : undefined
  return named === undefined || named === country ? ofAlpha2(country) : null
}

function alpha2Of(code: string): string | null {
  if (code === 'UK') return 'GB'
  return countryCodes.has(code) ? code : (countryCodes3.get(code) ?? null)
}
