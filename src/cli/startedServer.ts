/** Starting a server inside this process, with the errors a person at a terminal can mend said in words. */
import { systemClock } from '../kernel/clock.ts'
import type { Config } from '../kernel/config.ts'
import { Mendable } from '../kernel/errors.ts'
import { openLog } from '../kernel/log.ts'
import { codeOf } from '../kernel/systemError.ts'
import { startServer, type Server } from '../main/server.ts'

/** A server that is ready. `say` hears each step. Throws `Mendable` for a taken port, a missing address, a closed database. */
export async function startedServer(config: Config, say: (step: string) => void): Promise<Server> {
  try {
    return await startServer(config, systemClock, openLog(config.logLevel), say)
  } catch (error) {
    throw mended(error, config)
  }
}

function mended(error: unknown, { host, port, databaseUrl }: Config): unknown {
  const code = codeOf(error)
  const where = `${host}:${port}`
  if (code === 'EADDRINUSE')
    return new Mendable(`Port ${where} is taken by another program. Choose another with --port.`)
  if (code === 'EACCES')
    return new Mendable(`This user may not listen on ${where}. Choose a port above 1023 with --port.`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new Mendable(`This machine has no address ${host} to listen on. Choose another with --host.`)
  if (databaseUrl !== '' && (code === 'ECONNREFUSED' || /^(28|3D)/.test(code ?? '')))
    return new Mendable(
      `The database that DATABASE_URL names does not let us in (${code}). Check its address, user and password.`,
    )
  return error
}

/** Waits for the signal, then stops the server. */
export async function untilStopped(server: Pick<Server, 'stop'>, stop: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve()
    stop.addEventListener('abort', () => resolve(), { once: true })
  })
  await server.stop()
}
