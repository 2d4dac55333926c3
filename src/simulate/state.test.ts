import { describe, expect, test } from 'vitest'
import { clockErrorMs } from './devices.ts'
import { roads } from './roads.ts'
import { Routes } from './routes.ts'
import { simulatedState } from './state.ts'
import { towns } from './towns.ts'

const state = simulatedState('state test')

describe('a simulated state', () => {
  test('is the same for the same seed', () => {
    expect(simulatedState('state test')).toEqual(state)
    expect(simulatedState('another')).not.toEqual(state)
  })

  test('has agencies with identifiers in the form of Massachusetts, each its own', () => {
    expect(state.agencies.length).toBe(22)
    expect(state.agencies.filter(({ ori }) => !/^MA0(0[1-9]|1[0-4])\d{2}00$/.test(ori))).toEqual([])
    expect(new Set(state.agencies.map(({ ori }) => ori)).size).toBe(state.agencies.length)
    const county = Object.fromEntries(state.agencies.map(({ town, ori }) => [town, ori.slice(2, 5)]))
    expect(county).toMatchObject({ Boston: '013', Worcester: '014', Pittsfield: '002', Arlington: '009' })
  })

  test('has 200 devices of all kinds, each with its own name and reference, each with an agency', () => {
    expect(state.devices.length).toBe(200)
    expect(new Set(state.devices.map(({ name }) => name)).size).toBe(200)
    expect(new Set(state.devices.map(({ reference }) => reference)).size).toBe(200)
    const kinds = Object.groupBy(state.devices, ({ kind }) => kind)
    expect(kinds.fixed?.length).toBe(156)
    expect(kinds.mobile?.length).toBe(34)
    expect(kinds.portable?.length).toBe(10)
    const oris = new Set(state.agencies.map(({ ori }) => ori))
    expect(state.devices.filter(({ agencyOri }) => !oris.has(agencyOri))).toEqual([])
    expect(new Set(state.devices.map(({ vendor }) => vendor)).size).toBe(9)
  })

  test('has its devices in Massachusetts, with four decimals', () => {
    const outside = state.devices.filter(
      ({ latitude, longitude }) => latitude < 41.2 || latitude > 42.9 || longitude < -73.6 || longitude > -69.9,
    )
    expect(outside).toEqual([])
    const places = state.devices.flatMap(({ latitude, longitude }) => [latitude, longitude])
    expect(places.filter((degrees) => Number(degrees.toFixed(4)) !== degrees)).toEqual([])
  })

  test('has devices that look along their road', () => {
    const turnpike = state.devices.filter(({ name }) => name.startsWith('I-90 E'))
    expect(turnpike.length).toBeGreaterThan(3)
    for (const { headingDegrees } of turnpike) expect(Math.abs((headingDegrees ?? 0) - 90)).toBeLessThan(60)
  })

  test('has clocks of which most are right', () => {
    const noon = Date.parse('2026-03-04T12:00:00Z')
    const wrong = state.devices.filter(({ clock }) => Math.abs(clockErrorMs(clock, noon)) > 250)
    expect(wrong.length).toBeGreaterThan(5)
    expect(wrong.length).toBeLessThan(40)
    expect(wrong.filter(({ clock }) => clock.state === 'synced')).toEqual([])
    // Further ahead than two minutes, its reads would be refused as coming from the future.
    expect(Math.max(...state.devices.map(({ clock }) => clockErrorMs(clock, noon)))).toBeLessThan(60_000)
  })

  test('has people named by what they do, in every role', () => {
    expect(state.people.map(({ name }) => name)).toContain('Officer 1, Arlington')
    expect(new Set(state.people.map(({ role }) => role)).size).toBe(13)
    expect(new Set(state.people.map(({ login }) => login)).size).toBe(state.people.length)
    expect(state.people.filter(({ login }) => !/^[a-z0-9-]+\.[a-z-]+$/.test(login))).toEqual([])
  })
})

describe('the map', () => {
  test('names only towns that it knows', () => {
    const known = new Set(towns.map(({ name }) => name))
    const unknown = roads.flatMap(({ places }) => places).filter(({ town }) => !known.has(town))
    expect(unknown).toEqual([])
    expect(known.size).toBe(towns.length)
  })

  test('leads from every town to every other in less than a day', () => {
    const routes = new Routes(state.devices)
    for (const from of towns.keys()) {
      for (const to of [0, 40, towns.length - 1]) expect(routes.between(from, to).minutes).toBeLessThan(400)
    }
  })

  test('leads from Worcester to Boston past cameras that look the same way, in about an hour', () => {
    const index = (name: string) => towns.findIndex((town) => town.name === name)
    const route = new Routes(state.devices).between(index('Worcester'), index('Boston'))
    expect(route.minutes).toBeGreaterThan(35)
    expect(route.minutes).toBeLessThan(90)
    const times = route.sightings.map(({ afterMinutes }) => afterMinutes)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    const highways = route.sightings.filter(({ device }) => /^(I-|Route )/.test(device.road ?? ''))
    expect(highways.length).toBeGreaterThan(1)
    expect(highways.filter(({ device }) => (device.headingDegrees ?? 0) > 180)).toEqual([])
  })
})
