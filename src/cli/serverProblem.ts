/** What a server refuses, as a person at a terminal reads it: what is wrong, where, and how to mend it. */
import { Mendable } from '../kernel/errors.ts'
import { shown } from './terminal.ts'

export type ProblemFault = { path: string; rule: string; message: string; clause?: string | undefined }
export type ProblemText = {
  readonly title: string
  readonly detail: string
  readonly clause?: string | undefined
  readonly errors: readonly ProblemFault[]
}

/** A refusal of the server, whatever its kind. */
export class ServerProblem extends Mendable {
  readonly status: number
  readonly problem: ProblemText | undefined
  readonly retryAfter: number | undefined
  constructor(status: number, problem: ProblemText | undefined, retryAfter: number | undefined) {
    super(paragraphOf(status, problem))
    this.status = status
    this.problem = problem
    this.retryAfter = retryAfter
  }
}

const faultsShown = 5

function paragraphOf(status: number, problem: ProblemText | undefined): string {
  if (status === 401)
    return 'The server does not know this token: it is misspelt, revoked, expired, or of another installation. Check --token or PLATEKEEP_TOKEN.'
  if (!problem) return `The server answered ${status} without a reason. See its log.`
  const { title, detail, errors } = problem
  const further = errors
    .slice(0, faultsShown)
    .map(({ path, rule, message, clause }) => `${path || 'request'} ${message} (${rule}${clause ? `, ${clause}` : ''})`)
  const rest = errors.length > faultsShown ? `, and ${errors.length - faultsShown} more` : ''
  return shown(further.length > 0 ? `${title}: ${further.join('; ')}${rest}.` : `${title}: ${detail}`)
}

/** The problem document (RFC 9457) in an answer's body; undefined where it holds none. */
export function problemIn(body: Buffer): ProblemText | undefined {
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { title, detail, clause, errors } = value as Record<string, unknown>
  if (typeof title !== 'string') return undefined
  return {
    title,
    detail: typeof detail === 'string' ? detail : '',
    clause: typeof clause === 'string' ? clause : undefined,
    errors: Array.isArray(errors) ? errors.flatMap(faultIn) : [],
  }
}

function faultIn(value: unknown): ProblemFault[] {
  if (typeof value !== 'object' || value === null) return []
  const { path, rule, message, clause } = value as Record<string, unknown>
  if (typeof rule !== 'string' || typeof message !== 'string') return []
  const where = typeof path === 'string' ? path : ''
  return [{ path: where, rule, message, clause: typeof clause === 'string' ? clause : undefined }]
}
