/** A line that says how far a long task is, how fast it goes, and how long it will take; drawn only where somebody looks. */
import type { Terminal } from './terminal.ts'

export type ProgressOptions = {
  /** What is counted, for the rate: `reads`. */
  readonly unit: string
  /** The whole of the task in the terms of `at`, or undefined where nobody knows. */
  readonly total: number | undefined
}

const drawMsMin = 100
const barWidth = 24

export class Progress {
  readonly #terminal: Terminal
  readonly #options: ProgressOptions
  readonly #startedMs = performance.now()
  #drawnMs = Number.NEGATIVE_INFINITY

  constructor(terminal: Terminal, options: ProgressOptions) {
    this.#terminal = terminal
    this.#options = options
  }

  get seconds(): number {
    return (performance.now() - this.#startedMs) / 1000
  }

  /** `at` is how much of `total` is done (bytes, say), `count` how many units that were. */
  update(at: number, count: number): void {
    const now = performance.now()
    if (!this.#terminal.draws || now - this.#drawnMs < drawMsMin) return
    this.#drawnMs = now
    this.#terminal.draw(progressLine(at, count, this.seconds, this.#options))
  }

  end(): void {
    if (this.#terminal.draws) this.#terminal.draw('')
  }
}

/** `[#####-------]  42 %  12,300 reads  2,150 reads/s  0:08 left`. */
export function progressLine(at: number, count: number, seconds: number, { unit, total }: ProgressOptions): string {
  const rate = seconds > 0 ? count / seconds : 0
  const done = `${count.toLocaleString('en-US')} ${unit}  ${Math.round(rate).toLocaleString('en-US')} ${unit}/s`
  if (total === undefined || total === 0) return done
  const share = Math.min(1, at / total)
  const filled = Math.round(share * barWidth)
  const left = share > 0 ? (seconds / share) * (1 - share) : undefined
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`
  return `${bar}  ${done}  ${left === undefined ? '' : `${clockOf(left)} left`}`.trimEnd()
}

/** `1:05:09`, `0:08`. */
export function clockOf(seconds: number): string {
  const whole = Math.ceil(seconds)
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const [hours = 0, minutes = 0, rest = 0] = parts
  const last = String(rest).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${last}` : `${minutes}:${last}`
}
