/**
 * A proposal for the person who forgot to say which format a file has. Nothing is ever imported on the strength of it
 * alone where two formats fit: the wrong layout would read other characters as plates, and other people would be stopped.
 */
import { recognise } from './csv-columns.ts'
import { headBytes, refuseBinary } from './lines.ts'
import { splitRecords } from './quotes.ts'

/** `certain` is true where exactly one format fits. The best proposal stands first. */
export type Sniffed = { certain: boolean; proposals: { format: string; reason: string }[] }

/** More of the file than this is not looked at. */
export const sniffedBytesMax = 65_536
const sniffedLinesMax = 50
/** A few lines may be headings, or broken. */
const shareMin = 0.9

/** What a line of each layout looks like, the most particular first. The reason ends the sentence "n of m lines …". */
const looks: readonly (readonly [format: string, look: RegExp, reason: string])[] = [
  [
    'mi_state',
    /^[A-Z]\d{9}[A-Z0-9]{9}\d{8}.{10}[A-Z0-9]{2}.{26} *[A-Z][A-Z ]{3,}$/,
    'have NCIC columns and a kind of entry in words',
  ],
  [
    'ncic',
    /^[A-Z]\d{9}[A-Z0-9]{9}\d{8}[A-Z0-9 ]{10}[A-Z0-9]{2}/,
    'have an NIC number, an ORI and a date in the NCIC columns',
  ],
  [
    'wa_ncic',
    /^\d{2}[A-Z]\d{7}[A-Z0-9]{9}\d{8}[A-Z0-9 ]{10}[A-Z0-9]{2}/,
    "have Washington's number, an ORI and a date in the NCIC columns",
  ],
  [
    'nj_mvc',
    /^[A-Z] {26}[A-Z0-9 ]{10}[A-Z]{2}/,
    'have a code letter and a plate in the NCIC columns, and nothing between',
  ],
  ['mn_ncic', /^[A-Z]\d{9},[A-Z0-9]{9},\d{8}(?:,[^,]*){9}$/, 'have an NIC number, an ORI and a date in 12 columns'],
  ['tx_ncic', /^[A-Z]\d{9},[A-Z0-9]{9},\d{8}(?:,[^,]*){8}$/, 'have an NIC number, an ORI and a date in 11 columns'],
  [
    'ks_topeka',
    /^[A-Z],[A-Z0-9]{9},\d{8}(?:,[^,]*){9}$/,
    "have an NCIC file's letter, an ORI and a date in 12 columns",
  ],
  ['tx_tcic', /^T[A-Z]\d{6,12}(?:,[^,]*){7}$/, 'have a TCIC number in 8 columns'],
  ['wa_stolen_vehicles', /^E[A-Z]{2},[A-Z0-9]{9}(?:,[^,]*){5}/, 'have a message key and an ORI before the plate'],
  [
    'ia_state',
    /^[^,]*,\d{4},[A-Z0-9]{2},[A-Z]{2},[^,]*,[A-Z]{1,4},[A-Z0-9]{9}\s*$/,
    'have a reason code and an ORI at the end of 7 columns',
  ],
  [
    'ga_spalder',
    /^.{8}[A-Z]{2}#\d[A-Z ]+(?:,[^,]*){4}$/,
    'have plate, state and "#" with the kind in the first of 5 columns',
  ],
  [
    'al_state',
    /^[^,]*,[^,]*,[A-Z]\d{9}(?:,[^,]*){5},[A-Z]{2}\s*$/,
    'have an NIC number third and a state last of 9 columns',
  ],
  ['fl_state', /^[A-Z ]+;[A-Z0-9]{9};(?:[^;]*;){10}[^;]*/, 'have a kind of entry and an ORI before semicolons'],
  [
    'genetec_permit_list_semicolon',
    /^[A-Z]{2};[^;]+;\d{4}-\d{2}-\d{2};\d{4}-\d{2}-\d{2};[^;]*$/,
    'have a state, a plate and two dates between semicolons',
  ],
  ['nedap_check_list', /^[^;]+;[A-Z]{3};[^;]*$/, 'have a plate and a country of three letters between semicolons'],
  [
    'oh_leads',
    /^\d \S+ [A-Z0-9]{2} \d{2}\/\d{2}\/\d{4} \d{2}\/\d{2}\/\d{4} /,
    'have a digit, plate, state and two dates between spaces',
  ],
  ['ca_doj_clew', /^[A-Z0-9 -]{8}[A-Z]{2}\d{10}\s*$/, 'have a plate, a state, a county and a date in 20 characters'],
  ['il_leads', /^.{8}[A-Z0-9]{4}(?:STOLEN |MISSING|WANTED )/, 'have STOLEN, MISSING or WANTED at character 13'],
  ['il_sos', /^.{9}[A-Z0-9]{4}(?:SUSPEND|REVOKED) /, 'have SUSPEND or REVOKED at character 14'],
  ['ct_collect', /^.{192}(?:\d{8}|\s{8})[A-Z ]{2}\s*$/, 'are 202 characters wide with a date at character 193'],
  [
    'ny_state',
    /^[A-Z0-9 ]{10}[A-Z]{2}[A-Z0-9]{3}[MPRSTVWXZ][A-Z ]{0,11}$/,
    'have a state, a type of three letters and a code letter from character 11 on',
  ],
  ['co_ccic', /^[A-Z0-9 ]{10}[A-Z]{2}[A-Z][a-z]+[A-Za-z/ ]*/, 'have a kind of entry in words at character 13'],
  [
    'kansas_state',
    /^[A-Z0-9 -]{1,16}[A-Z]{2}(?:#\d|CANADIAN ENTRY)(?!.*,)/,
    'begin with plate, state and "#" with the kind of entry',
  ],
  ['simple', /^[A-Z0-9][A-Z0-9 -]{1,9}$/, 'hold nothing but a plate'],
]

/**
 * Which formats the first bytes of a file fit, with the reason for each. Throws `Invalid` where they are no text.
 * The bytes may end anywhere; what is behind the last line end is left out where there is a line before it.
 */
export function sniff(firstBytes: Uint8Array): Sniffed {
  const bytes = firstBytes.subarray(0, sniffedBytesMax)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
  refuseBinary(text.slice(0, headBytes))
  const whole = text.split(/\r\n|\n|\r/)
  const lines = (whole.length > 1 ? whole.slice(0, -1) : whole)
    .filter((line) => line.trim() !== '')
    .slice(0, sniffedLinesMax)
  const proposals = [...byLook(lines), ...byHeader(lines[0] ?? '')]
  return { certain: proposals.length === 1, proposals }
}

function byHeader(first: string): Sniffed['proposals'] {
  for (const [delimiter, name] of [
    [',', 'commas'],
    [';', 'semicolons'],
    ['\t', 'tabs'],
  ] as const) {
    const [cells] = splitRecords([first], delimiter)
    const columns = cells && cells.length > 1 ? recognise(cells) : null
    if (!columns) continue
    return [
      {
        format: 'csv',
        reason: `the first line names the columns ${columns.map(({ field }) => field).join(', ')} between ${name}`,
      },
    ]
  }
  return []
}

function byLook(lines: readonly string[]): Sniffed['proposals'] {
  // The first line may be a heading (where it is the only one there is no choice), and the last a trailer.
  const entries = (lines.length > 1 ? lines.slice(1) : lines).filter((line) => !line.startsWith('TOTAL RECORD'))
  return looks.flatMap(([format, look, reason]) => {
    const fitting = entries.filter((line) => look.test(line)).length
    if (fitting === 0 || fitting < entries.length * shareMin) return []
    return [{ format, reason: `${fitting} of ${entries.length} lines ${reason}` }]
  })
}
