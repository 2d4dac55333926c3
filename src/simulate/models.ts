/**
 * Makes, models, classes and colours in roughly the shares of New England's roads, with the codes that NCIC files use for
 * them. Shares are rounded estimates; nothing is computed from them but the simulation.
 */
import { Weighted } from './prng.ts'

export type VehicleClass = 'sedan' | 'suv' | 'pickup' | 'van' | 'truck' | 'motorcycle' | 'bus'

export type Model = {
  make: string
  model: string
  class: VehicleClass
  /** NCIC: VMA (4), VMO (3), VST (2). */
  code: { make: string; model: string; style: string }
}

type Row = readonly [
  make: string,
  makeCode: string,
  model: string,
  modelCode: string,
  class_: VehicleClass,
  style: string,
  share: number,
]

const private_: readonly Row[] = [
  ['Toyota', 'TOYT', 'RAV4', 'RAV', 'suv', 'LL', 55],
  ['Toyota', 'TOYT', 'Camry', 'CAM', 'sedan', '4D', 48],
  ['Toyota', 'TOYT', 'Corolla', 'COA', 'sedan', '4D', 42],
  ['Toyota', 'TOYT', 'Highlander', 'HIG', 'suv', 'LL', 26],
  ['Toyota', 'TOYT', 'Sienna', 'SIE', 'van', 'VN', 16],
  ['Toyota', 'TOYT', 'Tacoma', 'TAC', 'pickup', 'PK', 22],
  ['Toyota', 'TOYT', 'Prius', 'PRI', 'sedan', '4D', 18],
  ['Honda', 'HOND', 'CR-V', 'CRV', 'suv', 'LL', 54],
  ['Honda', 'HOND', 'Civic', 'CIV', 'sedan', '4D', 46],
  ['Honda', 'HOND', 'Accord', 'ACC', 'sedan', '4D', 40],
  ['Honda', 'HOND', 'Pilot', 'PIL', 'suv', 'LL', 18],
  ['Honda', 'HOND', 'Odyssey', 'ODY', 'van', 'VN', 14],
  ['Ford', 'FORD', 'F-150', 'F15', 'pickup', 'PK', 40],
  ['Ford', 'FORD', 'Explorer', 'EXP', 'suv', 'LL', 30],
  ['Ford', 'FORD', 'Escape', 'ESC', 'suv', 'LL', 24],
  ['Ford', 'FORD', 'Fusion', 'FUS', 'sedan', '4D', 14],
  ['Chevrolet', 'CHEV', 'Silverado', 'SIL', 'pickup', 'PK', 28],
  ['Chevrolet', 'CHEV', 'Equinox', 'EQU', 'suv', 'LL', 24],
  ['Chevrolet', 'CHEV', 'Malibu', 'MAL', 'sedan', '4D', 12],
  ['Nissan', 'NISS', 'Rogue', 'ROG', 'suv', 'LL', 30],
  ['Nissan', 'NISS', 'Altima', 'ALT', 'sedan', '4D', 22],
  ['Nissan', 'NISS', 'Sentra', 'SEN', 'sedan', '4D', 12],
  ['Subaru', 'SUBA', 'Forester', 'FOR', 'suv', 'LL', 26],
  ['Subaru', 'SUBA', 'Outback', 'OBK', 'suv', 'SW', 26],
  ['Subaru', 'SUBA', 'Crosstrek', 'CRO', 'suv', 'SW', 16],
  ['Jeep', 'JEEP', 'Grand Cherokee', 'GRC', 'suv', 'LL', 24],
  ['Jeep', 'JEEP', 'Wrangler', 'WRA', 'suv', 'LL', 18],
  ['Hyundai', 'HYUN', 'Elantra', 'ELA', 'sedan', '4D', 20],
  ['Hyundai', 'HYUN', 'Tucson', 'TUC', 'suv', 'LL', 18],
  ['Kia', 'KIA', 'Sportage', 'SPR', 'suv', 'LL', 14],
  ['Kia', 'KIA', 'Forte', 'FTE', 'sedan', '4D', 10],
  ['Mazda', 'MAZD', 'CX-5', 'CX5', 'suv', 'LL', 16],
  ['Volkswagen', 'VOLK', 'Jetta', 'JET', 'sedan', '4D', 14],
  ['Volkswagen', 'VOLK', 'Tiguan', 'TIG', 'suv', 'LL', 12],
  ['BMW', 'BMW', 'X3', 'X3', 'suv', 'LL', 12],
  ['BMW', 'BMW', '3 Series', '3SE', 'sedan', '4D', 12],
  ['Mercedes-Benz', 'MERZ', 'C-Class', 'CCL', 'sedan', '4D', 10],
  ['Mercedes-Benz', 'MERZ', 'GLC', 'GLC', 'suv', 'LL', 10],
  ['Audi', 'AUDI', 'Q5', 'Q5', 'suv', 'LL', 12],
  ['Lexus', 'LEXS', 'RX', 'RX', 'suv', 'LL', 14],
  ['Acura', 'ACUR', 'MDX', 'MDX', 'suv', 'LL', 10],
  ['Volvo', 'VOLV', 'XC90', 'XC9', 'suv', 'LL', 8],
  ['Tesla', 'TESL', 'Model 3', 'MD3', 'sedan', '4D', 12],
  ['Tesla', 'TESL', 'Model Y', 'MDY', 'suv', 'LL', 16],
  ['GMC', 'GMC', 'Sierra', 'SIE', 'pickup', 'PK', 14],
  ['Ram', 'RAM', '1500', '150', 'pickup', 'PK', 22],
  ['Dodge', 'DODG', 'Grand Caravan', 'CAR', 'van', 'VN', 8],
  ['Dodge', 'DODG', 'Charger', 'CHA', 'sedan', '4D', 6],
  ['Yamaha', 'YAMA', 'MT-07', 'MT0', 'motorcycle', 'MC', 2],
  ['Harley-Davidson', 'HD', 'Sportster', 'SPO', 'motorcycle', 'MC', 5],
]

const commercial_: readonly Row[] = [
  ['Ford', 'FORD', 'Transit', 'TRN', 'van', 'VN', 28],
  ['Mercedes-Benz', 'MERZ', 'Sprinter', 'SPT', 'van', 'VN', 16],
  ['Ram', 'RAM', 'ProMaster', 'PRO', 'van', 'VN', 12],
  ['Ford', 'FORD', 'F-250', 'F25', 'pickup', 'PK', 14],
  ['Isuzu', 'ISU', 'NPR', 'NPR', 'truck', 'TK', 8],
  ['Freightliner', 'FRHT', 'Cascadia', 'CAS', 'truck', 'TR', 12],
  ['International', 'INTL', 'LT', 'LT', 'truck', 'TR', 6],
  ['Blue Bird', 'BLUB', 'Vision', 'VIS', 'bus', 'BU', 4],
]

function table(rows: readonly Row[]): Weighted<Model> {
  return new Weighted(
    rows.map(([make, makeCode, model, modelCode, class_, style, share]): readonly [Model, number] => [
      { make, model, class: class_, code: { make: makeCode, model: modelCode, style } },
      share,
    ]),
  )
}

export const privateModels = table(private_)
export const commercialModels = table(commercial_)

/** With the NCIC code (VCO). */
export type Colour = { colour: string; colourCode: string }

/** Colours of cars in their shares. */
export const colours = new Weighted<Colour>([
  [{ colour: 'white', colourCode: 'WHI' }, 25],
  [{ colour: 'black', colourCode: 'BLK' }, 22],
  [{ colour: 'gray', colourCode: 'GRY' }, 20],
  [{ colour: 'silver', colourCode: 'SIL' }, 12],
  [{ colour: 'blue', colourCode: 'BLU' }, 10],
  [{ colour: 'red', colourCode: 'RED' }, 7],
  [{ colour: 'green', colourCode: 'GRN' }, 2],
  [{ colour: 'brown', colourCode: 'BRO' }, 1],
  [{ colour: 'yellow', colourCode: 'YEL' }, 0.5],
  [{ colour: 'orange', colourCode: 'ONG' }, 0.5],
])
