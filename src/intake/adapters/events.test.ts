import { describe, expect, test } from 'vitest'
import { json, only, parse, sample } from './samples/samples.ts'

const agent = 'K7QH2MWTE5XVN3BJC8RLD4PYF6SGZ9UA0HKWQ2TM'

describe('signs of life', () => {
  test('an OpenALPR heartbeat names each camera that streams, with the time of the agent', () => {
    expect(parse('openalpr', sample('openalpr-heartbeat.json'))).toEqual({
      items: [],
      heartbeats: ['5071', '5072'].map((device) => ({ device, sentAt: new Date('2024-06-20T14:05:00.125Z') })),
      ignored: 1,
    })
  })

  test('an agent without cameras is alive itself, however wrong its clock', () => {
    const result = parse('openalpr', { data_type: 'heartbeat', timestamp: 86_400_000, video_streams: [] })
    expect(result.heartbeats).toEqual([{ device: null, sentAt: new Date('1970-01-02') }])
  })

  test('a Hikvision event that is inactive is a sign of life, an active one that is no plate is ignored', () => {
    const alive = sample('hikvision-videoloss.xml').toString()
    const device = 'd4:e8:53:00:00:01/1'
    expect(parse('hikvision', alive)).toEqual({
      items: [],
      heartbeats: [{ device, sentAt: new Date('2024-06-20T14:13:27Z') }],
      ignored: 0,
    })
    const active = alive.replace('>inactive<', '>active<')
    expect(parse('hikvision', active)).toEqual({ items: [], heartbeats: [], ignored: 1 })
    const zoneless = alive.replace('-04:00', '')
    expect(parse('hikvision', zoneless).heartbeats).toEqual([{ device }])
  })
})

describe('one pass, one event identifier', () => {
  const group = json('openalpr-group.json')

  test('a preview of an OpenALPR group, with another best frame and fewer frames, is the same event', () => {
    const preview = { ...group, is_preview: true, best_uuid: `${agent}-5071-1718892010250` }
    const fewer = { ...preview, uuids: [`${agent}-5071-1718892010250`], plate_indexes: [1] }
    const expected = only(parse('openalpr', group)).eventId
    expect(only(parse('openalpr', preview)).eventId).toBe(expected)
    expect(only(parse('openalpr', fewer)).eventId).toBe(expected)
  })

  test('the group and the single frame it begins with share the identifier; the other plate of that frame does not', () => {
    const [other, same] = parse('openalpr', sample('openalpr-results.json')).items
    const id = only(parse('openalpr', group)).eventId
    expect(same).toMatchObject({ read: { plate: '7KRW42', eventId: id } })
    expect(other).not.toMatchObject({ read: { eventId: id } })
  })

  test('a group that does not list its frames goes by its best frame', () => {
    const read = only(parse('openalpr', { ...group, uuids: undefined }))
    expect(read.eventId).toBe(`${agent}-5071-1718892011507#0`)
  })

  test('FF Group: all states of a car are one event, the same number on another day is not', () => {
    const event = json('axis-ffgroup.json')
    const id = (change: object) => only(parse('axis', { ...event, ...change })).eventId
    expect(id({ carState: 'new' })).toBe(id({ carState: 'lost', capture_timestamp: '1718892260731' }))
    expect(id({ capture_timestamp: '1718978650731' })).not.toBe(id({}))
  })

  test('Frigate: the update and the events of an object are one event', () => {
    const event = only(parse('frigate', sample('frigate-event.json')))
    const update = only(parse('frigate', sample('frigate-update.json')))
    expect(update.eventId).toBe(event.eventId)
  })

  test("Verkada's webhook_id is the webhook's own, and never taken for an event's", () => {
    expect(only(parse('verkada', sample('verkada-lpr.json')))).not.toHaveProperty('eventId')
  })
})
