/**
 * Every layout of a hot list that can be imported, by name. The names of single sources are those that the field's public
 * importers use, so that a person who knows one finds it here.
 */
import { csvFormats } from './csv.ts'
import type { ListFormat } from './format.ts'
import { ncicFormats } from './ncic.ts'
import { stateDelimitedFormats } from './states-delimited.ts'
import { stateFixedFormats } from './states-fixed.ts'
import { stateTextFormats } from './states-text.ts'

export const listFormats: ReadonlyMap<string, ListFormat> = new Map(
  [...csvFormats, ...ncicFormats, ...stateFixedFormats, ...stateDelimitedFormats, ...stateTextFormats].map((format) => [
    format.name,
    format,
  ]),
)
