/** What the demonstration tells its user: where it is, who may come in, and what to try, in commands that work as they stand. */
import { join } from 'node:path'
import { systemClock } from '../kernel/clock.ts'
import { must } from '../kernel/assert.ts'
import type { Samples } from './demoSamples.ts'
import type { DemoState } from './demoState.ts'

export type Step = { readonly about: string; readonly command: string }
export type Guide = {
  readonly url: string
  readonly data: string
  readonly people: DemoState['people']
  readonly agencies: number
  readonly steps: readonly Step[]
}

type Told = { readonly url: string; readonly data: string; readonly state: DemoState; readonly samples: Samples }

/** What to tell about a running demonstration; its commands name its address, its tokens, and a plate that was seen. */
export function guideOf({ url, data, state, samples }: Told): Guide {
  // One of each role, the first of whom belongs to the first agency.
  const people = state.people.filter(({ role }, index, all) => all.findIndex((each) => each.role === role) === index)
  const tokenOf = (role: string): string =>
    must(
      people.find((each) => each.role === role),
      `the demonstration has a person of the role ${role}`,
    ).token
  const cli = (rest: string, token: string): string => `npx platekeep ${rest} --server ${url} --token ${token}`
  const curl = (path: string, token: string, more = ''): string =>
    `curl -s ${url}${path} -H "authorization: Bearer ${token}"${more}`
  const facts = '--facts "Driver reported missing by family this morning, last seen driving to work"'
  const plate = state.sample?.plate ?? samples.listedPlate
  const own = { plate: '1DEMO1', capturedAt: systemClock.now().toISOString(), device: samples.device }
  const vendorFile = join(data, 'samples', 'openalpr.json')
  const steps: Step[] = [
    {
      about: 'Follow alerts, as the state’s administrator (every few seconds one)',
      command: cli('alerts --follow', tokenOf('dcjis-administrator')),
    },
    {
      about: 'Where was this plate seen? As an investigator, with a reason',
      command: cli(`search ${plate} --purpose safety ${facts}`, tokenOf('investigator')),
    },
    {
      about: 'The same without a reason: the policy says no, and names its clause',
      command: cli(`search ${plate} --purpose safety --facts "police business"`, tokenOf('investigator')),
    },
    {
      about: `Send a camera’s own message, as its department’s server; ${samples.listedPlate} is on a list, so it raises an alert`,
      command: cli(`intake ${quoted(vendorFile)} --vendor ${samples.vendor}`, samples.token),
    },
    { about: 'The hot lists and their age', command: cli('hotlist list', tokenOf('officer')) },
    {
      about: 'What happens to a read, printed from what the server runs',
      command: 'npx platekeep explain intake.submit',
    },
    { about: 'Check the whole log, as an auditor', command: cli('audit verify', tokenOf('auditor')) },
    { about: 'The same by HTTP: who am I?', command: curl('/v1/me', tokenOf('officer')) },
    {
      about: 'and a read of our own form',
      command: curl(
        '/v1/reads',
        samples.token,
        ` -H "content-type: application/json" -d '${JSON.stringify({ reads: [own] })}'`,
      ),
    },
  ]
  return { url, data, people, agencies: state.servers.length, steps }
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `"${path}"`
}

type Facts = { readonly seconds: number; readonly listEntries: number; readonly isNew: boolean }

/** The guide as text for a terminal. */
export function guideText(
  { url, data, people, agencies, steps }: Guide,
  { seconds, listEntries, isNew }: Facts,
): string {
  const wide = Math.max(...people.map(({ role }) => role.length))
  const name = Math.max(...people.map((person) => person.name.length))
  return [
    '',
    `The demonstration is ready after ${seconds.toFixed(1)} s, ${isNew ? 'with a new state' : 'with the state of its first start'}.`,
    '',
    `  Address   ${url}  (health ${url}/readyz, figures ${url}/metrics)`,
    `  Data      ${data}  (remove the folder to begin anew)`,
    `  State     ${agencies} agencies, 200 devices, ${listEntries.toLocaleString('en-US')} hot list entries; all people and plates are invented`,
    '',
    'Logins: one person for each role, with an access token. A real installation shows a secret once and keeps its hash only;',
    `this demonstration keeps its tokens in ${join(data, 'demo.json')}, so that you can go on with them tomorrow.`,
    '',
    ...people.map((person) => `  ${person.role.padEnd(wide)}  ${person.name.padEnd(name)}  ${person.token}`),
    '',
    'Try next, in another terminal, in this folder:',
    ...steps.flatMap(({ about, command }) => ['', `  # ${about}`, `  ${command}`]),
    '',
  ].join('\n')
}
