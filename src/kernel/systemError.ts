/** The code of an error that the operating system (`ENOENT`) or a library (`3D000`) gave; undefined for all others. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
