/**
 * Which vendor a message on an MQTT broker is of, told by its topic. Nothing is connected here: the client subscribes to
 * `patterns` and gives each publication to `route`, and what comes back goes the same way as a message by HTTP.
 */
import { Mendable, TooMuch } from '../kernel/errors.ts'
import type { Adapter, VendorMessage } from './adapters/adapter.ts'
import { adapters } from './adapters/adapters.ts'

/** A setting: topics by MQTT's own wildcards (`+` one level, `#` all that follow), and the vendor that writes them. */
export type MqttTopic = { pattern: string; vendor: string }

export type MqttRouter = {
  /** What to subscribe to. */
  patterns: readonly string[]
  /** The adapter and its message; null for a topic that no pattern matches. Throws `TooMuch` (413) beyond 8 MiB. */
  route(topic: string, payload: Buffer): { adapter: Adapter; message: VendorMessage } | null
}

/** Frigate's topics under its default prefix. Other vendors' topics are whatever their administrator chose. */
export const frigateTopics: readonly MqttTopic[] = [
  { pattern: 'frigate/events', vendor: 'frigate' },
  { pattern: 'frigate/tracked_object_update', vendor: 'frigate' },
]

const topicsMax = 64
const patternLengthMax = 256
const payloadBytesMax = 8 * 1024 * 1024
/** MQTT has no media types in version 3.1.1; all that publish reads write JSON. */
const payloadType = 'application/json'

/** MQTT 3.1.1, section 4.7: a wildcard stands alone in its level, and `#` stands last. */
function isPattern(pattern: string): boolean {
  const levels = pattern.split('/')
  return (
    pattern !== '' &&
    pattern.length <= patternLengthMax &&
    !pattern.includes('\0') &&
    levels.every((level, index) => {
      return level === '+' || (level === '#' && index === levels.length - 1) || !/[+#]/.test(level)
    })
  )
}

/** True where the topic is one of the pattern's. A wildcard at the start does not match the broker's own `$` topics. */
function matches(pattern: string, topic: string): boolean {
  const wanted = pattern.split('/')
  const levels = topic.split('/')
  if (topic.startsWith('$') && /^[+#]/.test(pattern)) return false
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false
  }
  return wanted.length === levels.length
}

function resolve({ pattern, vendor }: MqttTopic): { pattern: string; adapter: Adapter } {
  if (!isPattern(pattern)) {
    throw new Mendable(`"${pattern}" is not an MQTT topic pattern. Write it like frigate/events or cameras/+/plates.`)
  }
  const adapter = adapters.get(vendor)
  if (adapter !== undefined && adapter.mediaTypes.includes(payloadType)) return { pattern, adapter }
  const known = [...adapters.values()].filter((one) => one.mediaTypes.includes(payloadType)).map((one) => one.vendor)
  throw new Mendable(`The MQTT topic ${pattern} names the vendor "${vendor}". Use one of ${known.join(', ')}.`)
}

/**
 * The router for the topics in the settings; where several patterns match a topic, the first one counts. Throws
 * `Mendable` for a malformed pattern, a vendor that is not known or does not write JSON, and more than 64 topics.
 */
export function mqttRoutes(settings: readonly MqttTopic[]): MqttRouter {
  if (settings.length > topicsMax)
    throw new Mendable(`At most ${topicsMax} MQTT topics can be set; there are ${settings.length}.`)
  const routes = settings.map(resolve)
  return {
    patterns: routes.map(({ pattern }) => pattern),
    route(topic, payload) {
      const found = routes.find(({ pattern }) => matches(pattern, topic))
      if (found === undefined) return null
      if (payload.length > payloadBytesMax) throw new TooMuch(413, 'The MQTT message is larger than 8 MiB.')
      return { adapter: found.adapter, message: { mediaType: payloadType, body: payload, parts: [] } }
    },
  }
}
