/**
 * Who may act. A role says what a person is in the agency or at the state, or what a machine is; what the role may do
 * is decided by the policies, and whether its holder may do anything at all by the access gate.
 */
type RoleFacts = {
  readonly role: string
  readonly title: string
  readonly description: string
  readonly side: 'agency' | 'state' | 'machine'
}

export const roles = [
  {
    role: 'officer',
    title: 'Officer',
    description: 'Works with alerts in the field and searches for the duty at hand.',
    side: 'agency',
  },
  {
    role: 'dispatcher',
    title: 'Dispatcher',
    description: 'Follows alerts at the desk, checks the status of plates and passes on what officers need.',
    side: 'agency',
  },
  {
    role: 'investigator',
    title: 'Investigator',
    description: 'Searches past reads for a case and keeps what becomes evidence.',
    side: 'agency',
  },
  {
    role: 'supervisor',
    title: 'Supervisor',
    description: 'Holds a command position: authorizes manual hot list entries and reviews the searches of others.',
    side: 'agency',
  },
  {
    role: 'alpr-administrator',
    title: 'Agency ALPR Administrator',
    description: "Grants and ends the agency's logins, and runs its devices, hot lists and data.",
    side: 'agency',
  },
  {
    role: 'cjis-representative',
    title: 'CJIS Representative',
    description: 'Is the first contact of the state, trains the users and certifies their list every year.',
    side: 'agency',
  },
  {
    role: 'cjis-backup',
    title: 'Backup CJIS Representative',
    description: 'Takes over the duties of the CJIS Representative who cannot perform them.',
    side: 'agency',
  },
  {
    role: 'cjis-technical',
    title: 'CJIS Technical Representative',
    description: 'Is the contact for technology and sees that the security policy is met.',
    side: 'agency',
  },
  {
    role: 'agency-head',
    title: 'Agency Head',
    description: 'Signs the agreements, answers for the agency and investigates misuse.',
    side: 'agency',
  },
  {
    role: 'dcjis-administrator',
    title: 'DCJIS Administrator',
    description: 'Runs the repository for all agencies and tells them of changes.',
    side: 'state',
  },
  {
    role: 'auditor',
    title: 'Auditor',
    description: 'Examines how agencies use the repository, from the log and from samples.',
    side: 'state',
  },
  {
    role: 'cso',
    title: 'CJIS Systems Officer',
    description: 'Suspends and restores access, orders audits and approves amendments.',
    side: 'state',
  },
  {
    role: 'commissioner',
    title: 'Commissioner',
    description: 'Signs the agreements for the state and reviews the policy every year.',
    side: 'state',
  },
  {
    role: 'device',
    title: 'Device',
    description: 'A fixed, mobile or portable camera system that sends its own reads.',
    side: 'machine',
  },
  {
    role: 'department-server',
    title: 'Department server',
    description: "Sends the reads of a department's devices and takes hot lists for them.",
    side: 'machine',
  },
  {
    role: 'witness',
    title: 'Witness',
    description: 'Cosigns the checkpoints of the log from outside.',
    side: 'machine',
  },
  {
    role: 'system',
    title: 'System',
    description: 'A named job of the repository itself, which acts through the door and is recorded like anyone else.',
    side: 'machine',
  },
] as const satisfies readonly RoleFacts[]

export type Role = (typeof roles)[number]['role']
export type Side = (typeof roles)[number]['side']

/** Whether a text, for example one read from the database, names a role. */
export function isRole(text: string): text is Role {
  return roles.some(({ role }) => role === text)
}
