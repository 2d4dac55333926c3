/**
 * The codes and names of those who issue plates. Postal codes are those of the United States Postal Service and of Canada
 * Post; ISO 3166-1 and 3166-2 are of the edition that Debian's iso-codes carries; NCIC's are those of its LIS field (licence
 * plate state) as NIEM published them. The NCIC Code Manual itself is not public and was not read.
 */

/** Fifty states, the District, and the five territories that issue plates. */
const statesAsText = `
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|FL Florida|GA Georgia
HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland
MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada
NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma
OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah
VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming
DC District of Columbia|DC Washington DC|DC Washington D C
PR Puerto Rico|GU Guam|VI US Virgin Islands|VI Virgin Islands|AS American Samoa|MP Northern Mariana Islands
`

const provincesAsText = `
AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NB Nouveau Brunswick|NL Newfoundland and Labrador
NL Newfoundland|NS Nova Scotia|NS Nouvelle Ecosse|NT Northwest Territories|NT NWT|NU Nunavut|ON Ontario
PE Prince Edward Island|PE PEI|QC Quebec|SK Saskatchewan|YT Yukon|YT Yukon Territory
`

/** The states of Mexico by the last part of their ISO 3166-2 code. */
const mexicanAsText = `
AGU Aguascalientes|BCN Baja California|BCS Baja California Sur|CAM Campeche|CHH Chihuahua|CHP Chiapas
CMX Ciudad de Mexico|CMX Mexico City|CMX Distrito Federal|COA Coahuila|COA Coahuila de Zaragoza|COL Colima|DUR Durango
GRO Guerrero|GUA Guanajuato|HID Hidalgo|JAL Jalisco|MEX Estado de Mexico|MIC Michoacan|MIC Michoacan de Ocampo
MOR Morelos|NAY Nayarit|NLE Nuevo Leon|OAX Oaxaca|PUE Puebla|QUE Queretaro|ROO Quintana Roo|SIN Sinaloa
SLP San Luis Potosi|SON Sonora|TAB Tabasco|TAM Tamaulipas|TLA Tlaxcala|VER Veracruz
VER Veracruz de Ignacio de la Llave|YUC Yucatan|ZAC Zacatecas
`

/** ISO 3166-1: alpha-2 and alpha-3 in one word. */
const countriesAsText = `
ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH BBBRB
BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR
BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR
CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK
FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS
GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN
ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO
LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD
MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER
NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM
PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP
SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF
TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY
UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE
`

/** NCIC's codes that differ from the postal ones, and what they are in ours. Mexico's states first. */
const ncicAsText = `
AG MX-AGU|BA MX-BCN|BJ MX-BCS|CE MX-CAM|CH MX-CHH|CI MX-CHP|CL MX-COL|CU MX-COA|DF MX-CMX|DO MX-DUR|GR MX-GRO|GU MX-GUA
HL MX-HID|JL MX-JAL|MC MX-MIC|MR MX-MOR|MX MX-MEX|NA MX-NAY|NL MX-NLE|OA MX-OAX|PB MX-PUE|QR MX-ROO|QU MX-QUE|SI MX-SIN
SL MX-SLP|SO MX-SON|TA MX-TAM|TB MX-TAB|TL MX-TLA|VC MX-VER|YU MX-YUC|ZA MX-ZAC
NK CA-NB|NF CA-NL|PQ CA-QC|SN CA-SK
NB NE|GM GU|AM AS|MK MP|US US-GOV
`

/** NCIC's codes of the tribes and nations that issue plates, in the same code space as the states. */
const tribalAsText = 'AX DA DL DP DS DT DV DW EE FC FX IW IX KK KP KW LC LL LP OG OO OS OT PN PW RL SK UC WD WE WT'

/** Codes that mean something else in NCIC than in the post or in ISO, and are written by habit in both meanings. */
export const ncicAmbiguous: ReadonlySet<string> = new Set(['AS', 'GU', 'MP', 'MX', 'NE', 'NL', 'NU', 'PW', 'SK'])

function pairs(text: string): (readonly [code: string, rest: string])[] {
  const items = text.split(/[|\n]/).filter((item) => item !== '')
  return items.map((item) => [item.slice(0, item.indexOf(' ')), item.slice(item.indexOf(' ') + 1)])
}

/** Lower case, without accents, and one space for whatever stands between words. */
export function plainName(text: string): string {
  const letters = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  return letters.replace(/[^a-z]+/g, ' ').trim()
}

const states = pairs(statesAsText)
const provinces = pairs(provincesAsText)
const mexican = pairs(mexicanAsText)

export const stateCodes: ReadonlySet<string> = new Set(states.map(([code]) => code))
/** Canada Post's codes, and those it used before (PQ until 1992, NF until 2001). */
export const provinceCodes: ReadonlyMap<string, string> = new Map([
  ...provinces.map(([code]) => [code, `CA-${code}`] as const),
  ['PQ', 'CA-QC'],
  ['NF', 'CA-NL'],
])
export const mexicanCodes: ReadonlyMap<string, string> = new Map(mexican.map(([code]) => [code, `MX-${code}`]))
export const tribalCodes: ReadonlyMap<string, string> = new Map(
  tribalAsText.split(' ').map((code) => [code, `US-T${code}`]),
)
export const ncicCodes: ReadonlyMap<string, string> = new Map([...pairs(ncicAsText), ...tribalCodes])

const countries = countriesAsText.trim().split(/\s+/)
/** Alpha-3 by alpha-2, with the UK that everybody writes. */
export const countryCodes: ReadonlyMap<string, string> = new Map([
  ...countries.map((both) => [both.slice(0, 2), both.slice(2)] as const),
  ['UK', 'GBR'],
])
/** Alpha-2 by alpha-3. */
export const countryCodes3: ReadonlyMap<string, string> = new Map(
  countries.map((both) => [both.slice(2), both.slice(0, 2)]),
)

/** The government of the United States, which issues its own plates, diplomatic ones among them. */
export const federal = 'US-GOV'

const federalNames = [
  'US Government',
  'U S Government',
  'Federal Government',
  'US Diplomatic',
  'US Department of State',
]

export type NamedIssuer = { readonly country: string; readonly code: string }

/** By name in full, in plain letters. */
export const names: ReadonlyMap<string, NamedIssuer> = new Map([
  ...states.map(([code, name]) => named('US', code, name)),
  ...provinces.map(([code, name]) => named('CA', `CA-${code}`, name)),
  ...mexican.map(([code, name]) => named('MX', `MX-${code}`, name)),
  ...federalNames.map((name) => named('US', federal, name)),
])

function named(country: string, code: string, name: string): [string, NamedIssuer] {
  return [plainName(name), { country, code }]
}
