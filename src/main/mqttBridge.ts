/**
 * Takes vendors' messages from an MQTT broker and sends them through the same intake as any other. Quality of service 1: a
 * message is acknowledged to the broker only after its commit, so the broker keeps what we could not store. The bridge acts
 * under a machine's token, which is read again for every message and can be revoked like any other.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'mqtt'
import type { Actor } from '../door/operation.ts'
import type { Act } from '../door/perform.ts'
import { mqttRoutes, type MqttTopic } from '../intake/mqtt.ts'
import type { Config } from '../kernel/config.ts'
import { Mendable, Unavailable, TooMuch } from '../kernel/errors.ts'
import { errorFields, type Log } from '../kernel/log.ts'

const qos = 1
const messageBytesMax = 8 * 1024 * 1024
const retryMs = 2_000
const answerMsMax = 10_000

export type MqttBridge = { stop(): Promise<void> }

/** Topics and vendors from `topic=vendor,topic=vendor`. */
export function mqttTopicsOf(text: string): MqttTopic[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((pair) => {
      const at = pair.lastIndexOf('=')
      const [pattern, vendor] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
      if (at < 1 || !vendor)
        throw new Mendable(`--mqtt-topics: "${pair}" is not topic=vendor, as in frigate/events=frigate.`)
      return { pattern, vendor }
    })
}

/** Connects to the broker and subscribes; one that does not answer within ten seconds is tried on in the background. Throws `Mendable` where a setting is missing or wrong. */
export async function startMqttBridge(options: {
  config: Config
  log: Log
  perform: (act: Act, bytes: number) => Promise<unknown>
  actorOf: (token: string) => Promise<Actor>
}): Promise<MqttBridge> {
  const { config, log } = options
  if (!config.mqttToken)
    throw new Mendable(
      '--mqtt-url needs --mqtt-token: the access token of the department server whose cameras publish there.',
    )
  const router = mqttRoutes(mqttTopicsOf(config.mqttTopics))
  let stopping = false
  const client = connect(config.mqttUrl, {
    clientId: 'platekeep',
    clean: false,
    reconnectPeriod: retryMs,
    connectTimeout: answerMsMax,
    manualConnect: true,
  })
  client.on('error', (error) => log('warn', 'the MQTT broker reports an error', errorFields(error)))
  // Replaces the client's own handling: the acknowledgement goes out when `done` is called. Set before it connects, since what
  // the broker kept for us comes in one go with its first answer, and the client's own handling would acknowledge it unread.
  client.handleMessage = (packet, done) => {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    takeIn(packet.topic, payload).then(
      () => done(),
      (error: unknown) => done(error instanceof Error ? error : new Error('not stored')),
    )
  }
  const subscribed = new Promise<true>((resolve) => {
    client.once('connect', () => {
      client.subscribe(router.patterns.map(String), { qos }, (error) => {
        if (error) log('error', 'the MQTT broker refused the subscription', errorFields(error))
        else log('info', 'taking messages from the MQTT broker', { topics: router.patterns.length })
        resolve(true)
      })
    })
  })
  client.connect()
  if (!(await Promise.race([subscribed, delay(answerMsMax, false, { ref: false })])))
    log('warn', 'the MQTT broker does not answer yet; trying on', {})

  async function takeIn(topic: string, payload: Buffer): Promise<void> {
    // Acknowledged all the same: it would come again and again, and never be smaller.
    const routed = payload.length > messageBytesMax ? null : router.route(topic, payload)
    if (!routed) return log('warn', 'an MQTT message was not taken in', { bytes: payload.length })
    const { message, adapter } = routed
    for (;;) {
      try {
        const actor = await options.actorOf(config.mqttToken)
        const raw = {
          mediaType: message.mediaType,
          contentType: message.mediaType,
          bytes: message.body,
          params: { vendor: adapter.vendor },
        }
        await options.perform({ caller: { actor, from: 'mqtt' }, raw }, payload.length)
        return
      } catch (error) {
        if (stopping) throw error
        // Not for now: the message stays with us, unacknowledged. Anything else will not become better by waiting.
        if (!(error instanceof Unavailable || error instanceof TooMuch))
          return log('warn', 'an MQTT message was refused', errorFields(error))
        await delay(retryMs)
      }
    }
  }

  return {
    stop: async () => {
      stopping = true
      await client.endAsync()
    },
  }
}
