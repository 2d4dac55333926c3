/** Making requests of operations out of what somebody typed. */
import type { Static, TSchema } from 'typebox'
import { parsed } from '../door/contract.ts'
import { Invalid } from '../kernel/errors.ts'
import { Usage } from './command.ts'

/** The request, if it keeps the operation's contract; what is undefined is left out. Throws `Usage` with the first fault. */
export function parsedRequest<S extends TSchema>(schema: S, given: Readonly<Record<string, unknown>>): Static<S> {
  try {
    return parsed(schema, Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
  } catch (error) {
    if (!(error instanceof Invalid)) throw error
    const [fault] = error.faults
    throw new Usage(`${fault?.path.slice(1) || 'The request'} ${fault?.message ?? 'is not valid'}.`)
  }
}

/** A whole number of an option; undefined where it was not given. */
export function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw new Usage(`--${option} "${text}" is no whole number.`)
  return Number(text)
}
