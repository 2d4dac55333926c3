import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as dial, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../src/kernel/config.ts'
import { Unavailable } from '../src/kernel/errors.ts'
import { startMqttBridge, type MqttBridge } from '../src/main/mqttBridge.ts'
import { openScene, unique, type Scene } from './samples.ts'

const mosquitto = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'].find((path) =>
  existsSync(path),
)

type Broker = { readonly url: string; stop(): Promise<void> }

/** A real broker, on a port of its own, with nothing kept on disk. */
async function startBroker(program: string): Promise<Broker> {
  const folder = await mkdtemp(join(tmpdir(), 'platekeep-mqtt-'))
  const port = await freePort()
  const file = join(folder, 'mosquitto.conf')
  await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n`)
  const child: ChildProcess = spawn(program, ['-c', file], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  for (let look = 0; look < 200 && !(await answers(port)); look++) await delay(50)
  return {
    url: `mqtt://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true })
    },
  }
}
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

describe.skipIf(mosquitto === undefined)('CL-5: cameras that publish to a broker (mosquitto)', () => {
  let scene: Scene
  let broker: Broker
  let camera: MqttClient
  let bridge: MqttBridge | undefined
  const said: string[] = []
  beforeAll(async () => {
    scene = await openScene()
    broker = await startBroker(mosquitto ?? '')
    camera = await connectAsync(broker.url, { clientId: 'frigate' })
  })
  afterEach(async () => {
    await bridge?.stop()
    bridge = undefined
    said.length = 0
  })
  afterAll(async () => {
    await camera.endAsync()
    await broker.stop()
    await scene.close()
  })

  async function startBridge(perform = scene.service.vendor): Promise<void> {
    const mqttToken = scene.state.town.tokens.get('server') ?? ''
    const config = { ...readConfig({ mqttUrl: broker.url, mqttToken }, {}) }
    bridge = await startMqttBridge({
      config,
      log: (_level, message) => said.push(message),
      perform,
      actorOf: scene.service.actorOf,
    })
  }
  const publish = (topic: string, payload: string | Buffer) => camera.publishAsync(topic, payload, { qos: 1 })
  const event = (plate: string, id = `event-${plate}`, score = 0.9) => {
    const frameTime = scene.world.clock.now().getTime() / 1000 - 5
    const object = { id, camera: 'camera-1', frame_time: frameTime, label: 'car', false_positive: false }
    const after = { ...object, recognized_license_plate: plate, recognized_license_plate_score: score }
    return JSON.stringify({ type: 'update', before: object, after })
  }
  async function stored(plate: string): Promise<number> {
    const { rowCount } = await scene.world.owner.query('select from reads where plate = $1 and flags & 8 = 0', [plate])
    return rowCount ?? 0
  }
  async function appears(plate: string): Promise<void> {
    await expect.poll(() => stored(plate), { timeout: 10_000, interval: 50 }).toBe(1)
  }

  test('are read like any other, under their own token', async () => {
    await startBridge()
    const plate = `Q${unique()}`
    await publish('frigate/events', event(plate))
    await appears(plate)
    const { rows } = await scene.world.owner.query(
      `select leaf::jsonb->>'from' as from, leaf::jsonb->'actor'->>'id' as actor from log_outbox
       where leaf::jsonb->>'operation' = 'intake.vendor' and leaf::jsonb->>'event' = 'attempt' order by id desc limit 1`,
    )
    expect(rows).toEqual([{ from: 'mqtt', actor: scene.state.town.server.actor.id }])
  })
  test('several messages about one pass are one read', async () => {
    await startBridge()
    const [worse, better] = [`Q${unique()}`, `Q${unique()}`]
    await publish('frigate/events', event(worse, 'one-pass', 0.5))
    await publish('frigate/events', event(better, 'one-pass', 0.9))
    await appears(better)
    expect(await stored(worse)).toBe(0)
  })
  test('what cannot be read is said, and holds nothing up', async () => {
    await startBridge()
    const plate = `Q${unique()}`
    await publish('frigate/events', '{"after":')
    await publish('frigate/events', Buffer.from([0xff, 0xfe, 0]))
    await publish('frigate/events', '')
    await publish('frigate/events', event('🚗'))
    await publish('frigate/stats', 'another topic')
    await publish('frigate/events', Buffer.alloc(9 * 1024 * 1024, 'x'))
    await publish('frigate/events', event(plate))
    await appears(plate)
    expect(said.filter((each) => each === 'an MQTT message was refused').length).toBeGreaterThanOrEqual(3)
    expect(said).toContain('an MQTT message was not taken in')
    expect(said.join()).not.toContain(plate)
  })
  test('what cannot be stored yet stays with the broker, and comes again', async () => {
    let tries = 0
    await startBridge(async () => {
      tries++
      throw new Unavailable('The database does not answer for now.')
    })
    const plate = `Q${unique()}`
    await publish('frigate/events', event(plate))
    await expect.poll(() => tries, { timeout: 10_000 }).toBeGreaterThan(0)
    await bridge?.stop()
    expect(await stored(plate)).toBe(0)
    await startBridge()
    await appears(plate)
  })
  test('a revoked token opens nothing, within a second', async () => {
    await startBridge()
    const { id } = scene.state.town.server.actor
    await scene.world.owner.query('update access_tokens set revoked_at = $2 where id = $1', [
      id,
      scene.world.clock.now(),
    ])
    await delay(600)
    const plate = `Q${unique()}`
    await publish('frigate/events', event(plate))
    await expect.poll(() => said, { timeout: 10_000 }).toContain('an MQTT message was refused')
    expect(await stored(plate)).toBe(0)
  })
})

test('a broker needs a token to act under', async () => {
  const config = readConfig({ mqttUrl: 'mqtt://127.0.0.1:1' }, {})
  const options = { config, log: () => {}, perform: async () => {}, actorOf: () => Promise.reject(new Error('nobody')) }
  await expect(startMqttBridge(options)).rejects.toThrow('--mqtt-token')
})
