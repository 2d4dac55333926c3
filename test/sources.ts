/** The project's own files, and a TypeScript text taken apart into code, words and comments, as far as the style test needs it. */
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

export type Source = {
  /** From the root, with slashes. */
  readonly file: string
  readonly text: string
  /** The text with comments and the content of strings blanked: same length, same lines. */
  readonly code: string
  /** The text with all but the content of strings and templates blanked. */
  readonly words: string
}

/** Every file that is or would be committed, from the root. */
export function committedFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  return listed.split('\n').filter((file) => file !== '' && isFile(file))
}

function isFile(file: string): boolean {
  return statSync(join(root, file), { throwIfNoEntry: false })?.isFile() ?? false
}

export function textOfFile(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

export function sourceOf(file: string): Source {
  const text = textOfFile(file)
  return { file, text, ...parted(text) }
}

/** The line of a place in a text, counted from one. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

type Part = 'code' | 'word' | 'comment'

/** Takes a text apart, character by character. Templates hold code again between their braces. */
function parted(text: string): { code: string; words: string } {
  const parts: Part[] = Array.from({ length: text.length })
  const templates: number[] = []
  let depth = 0
  let index = 0
  const mark = (end: number, part: Part): void => {
    for (; index < end && index < text.length; index++) parts[index] = part
  }
  const template = (): void => {
    while (index < text.length && text[index] !== '`') {
      if (text.startsWith('${', index)) {
        mark(index + 2, 'code')
        templates.push(depth)
        return
      }
      mark(index + (text[index] === '\\' ? 2 : 1), 'word')
    }
    mark(index + 1, 'code')
  }
  while (index < text.length) {
    const character = text[index]
    if (text.startsWith('//', index)) mark(endOf(text, '\n', index), 'comment')
    else if (text.startsWith('/*', index)) mark(endOf(text, '*/', index) + 2, 'comment')
    else if (character === "'" || character === '"') {
      const end = endOfQuoted(text, index)
      mark(index + 1, 'code')
      mark(end, 'word')
      mark(end + 1, 'code')
    } else if (character === '`') {
      mark(index + 1, 'code')
      template()
    } else if (character === '}' && templates.at(-1) === depth) {
      templates.pop()
      mark(index + 1, 'code')
      template()
    } else if (
      character === '/' &&
      /(?:[=(,:[!&|?{};\n]|\breturn)\s*$/.test(text.slice(Math.max(0, index - 12), index))
    ) {
      const end = endOfPattern(text, index)
      mark(index + 1, 'code')
      mark(end, 'word')
      mark(end + 1, 'code')
    } else {
      if (character === '{') depth++
      if (character === '}') depth--
      mark(index + 1, 'code')
    }
  }
  const keep = (part: Part): string =>
    text.replace(/[^\n]/g, (character, place: number) => (parts[place] === part ? character : ' '))
  return { code: keep('code'), words: keep('word') }
}

function endOf(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from)
  return end === -1 ? text.length : end
}

function endOfQuoted(text: string, start: number): number {
  const quote = text[start]
  let end = start + 1
  while (end < text.length && text[end] !== quote) end += text[end] === '\\' ? 2 : 1
  return end
}

function endOfPattern(text: string, start: number): number {
  let inClass = false
  let end = start + 1
  for (; end < text.length && (inClass || text[end] !== '/'); end++) {
    if (text[end] === '\\') end++
    else if (text[end] === '[') inClass = true
    else if (text[end] === ']') inClass = false
  }
  return end
}
