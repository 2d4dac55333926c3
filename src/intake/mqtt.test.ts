import { describe, expect, test } from 'vitest'
import { Mendable, TooMuch } from '../kernel/errors.ts'
import { sample } from './adapters/samples/samples.ts'
import { frigateTopics, mqttRoutes } from './mqtt.ts'

const payload = sample('frigate-update.json')
const vendorOf = (patterns: Record<string, string>, topic: string) =>
  mqttRoutes(Object.entries(patterns).map(([pattern, vendor]) => ({ pattern, vendor }))).route(topic, payload)?.adapter
    .vendor

describe('a publication finds its adapter by its topic', () => {
  test("Frigate's topics lead to reads", () => {
    const router = mqttRoutes(frigateTopics)
    expect(router.patterns).toEqual(['frigate/events', 'frigate/tracked_object_update'])
    const found = router.route('frigate/tracked_object_update', payload)
    expect(found?.message).toEqual({ mediaType: 'application/json', body: payload, parts: [] })
    expect(found && found.adapter.parse(found.message).items).toMatchObject([{ read: { plate: '1GHP67' } }])
    expect(router.route('frigate/stats', payload)).toBeNull()
  })

  test.each([
    ['town/+/plates', 'town/bridge/plates', true],
    ['town/+/plates', 'town/bridge/north/plates', false],
    ['town/+/plates', 'town/bridge', false],
    ['town/+', 'town/', true],
    ['town/#', 'town/bridge/north', true],
    ['town/#', 'town', true],
    ['town/#', 'towns/bridge', false],
    ['#', 'anything/at/all', true],
    ['#', '$SYS/broker/load', false],
    ['+/broker', '$SYS/broker', false],
    ['$SYS/#', '$SYS/broker', true],
    ['town', 'town/bridge', false],
  ])('%s and %s', (pattern, topic, isMatch) => {
    expect(vendorOf({ [pattern]: 'axis' }, topic)).toBe(isMatch ? 'axis' : undefined)
  })

  test('the first of several patterns counts', () => {
    expect(vendorOf({ 'a/b': 'axis', 'a/#': 'frigate' }, 'a/b')).toBe('axis')
    expect(vendorOf({ 'a/b': 'axis', 'a/#': 'frigate' }, 'a/c')).toBe('frigate')
  })
})

describe('settings that cannot work are told to whoever set them', () => {
  test.each(['', 'a/#/b', 'a/b#', 'a+/b', 'a\0b', 'a'.repeat(257)])('the pattern %j', (pattern) => {
    expect(() => mqttRoutes([{ pattern, vendor: 'axis' }])).toThrow(Mendable)
  })

  test('a vendor that is not known, or does not write JSON, with the names that would do', () => {
    for (const vendor of ['nobody', 'genetec', '__proto__']) {
      expect(() => mqttRoutes([{ pattern: 'a', vendor }])).toThrow(/Use one of axis, .*frigate/)
    }
  })

  test('too many topics, and a payload beyond the limit', () => {
    const topics = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ pattern: `t${index}`, vendor: 'axis' }))
    expect(mqttRoutes(topics(64)).patterns).toHaveLength(64)
    expect(() => mqttRoutes(topics(65))).toThrow(Mendable)
    const router = mqttRoutes(frigateTopics)
    expect(router.route('frigate/events', Buffer.alloc(8 * 1024 * 1024))).not.toBeNull()
    expect(() => router.route('frigate/events', Buffer.alloc(8 * 1024 * 1024 + 1))).toThrow(TooMuch)
  })
})
