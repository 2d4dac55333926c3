import { describe, expect, test } from 'vitest'
import { durabilityArguments, renderSettings, usableMemory } from './postgresSettings.ts'

const gibibyte = 1024 ** 3

function settingsOf(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line.includes(' = '))
  return new Map(lines.map((line) => [line.split(' = ')[0] ?? '', /= '(.*)'$/.exec(line)?.[1] ?? '']))
}

describe('the settings of PostgreSQL', () => {
  test.each([
    [0.25, '64MB', '4MB'],
    [1, '256MB', '4MB'],
    [4, '1024MB', '4MB'],
    [24, '2048MB', '16MB'],
    [256, '2048MB', '16MB'],
  ])('suit a machine with %d GiB', (memory, shared, work) => {
    const settings = settingsOf(renderSettings(memory * gibibyte, '/hba'))
    expect(settings.get('shared_buffers')).toBe(shared)
    expect(settings.get('work_mem')).toBe(work)
  })

  test('include those of initdb first, so that ours win, and quote what they are given', () => {
    const text = renderSettings(gibibyte, "/it's here/pg_hba.conf", { wal_compression: 'off' })
    expect(text.split('\n')[1]).toBe("include 'data/postgresql.conf'")
    expect(text).toContain("hba_file = '/it''s here/pg_hba.conf'")
    expect(settingsOf(text).get('wal_compression')).toBe('off')
  })

  test('listen on this machine only, and write no values into the log', () => {
    const settings = settingsOf(renderSettings(gibibyte, '/hba'))
    expect(settings.get('listen_addresses')).toBe('127.0.0.1')
    expect(settings.get('log_min_error_statement')).toBe('panic')
    expect(settings.get('log_error_verbosity')).toBe('terse')
  })

  test('keep what has been acknowledged, on the command line, unless a test says otherwise', () => {
    expect(durabilityArguments()).toEqual(
      ['fsync=on', 'full_page_writes=on', 'synchronous_commit=on'].flatMap((setting) => ['-c', setting]),
    )
    expect(durabilityArguments({ synchronous_commit: 'off' })).toContain('synchronous_commit=off')
  })

  test('count on the memory there is', () => {
    expect(usableMemory()).toBeGreaterThan(64 * 1024 ** 2)
    expect(usableMemory()).toBeLessThan(2 ** 50)
  })
})
