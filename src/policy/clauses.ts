/**
 * Every clause of the governing texts that this system answers for, under the one identifier it has everywhere: here,
 * in the tests, in refusals, in the compliance report, and as the heading of its passage in `policy/clauses/*.md`.
 *
 * `duty` says what is owed. *enforce*: the violation is made impossible. *record*: people do it, and the system can
 * prove it. *remind*: it has a deadline, which is computed, shown and escalated.
 *
 * `kept` says who keeps it, and so what code may do with it. Only a clause kept *by decision* can be the reason of a
 * refusal, because only there does a policy function look at an act and say no. *By construction*: there is nothing to
 * decide, the system has no other way to work. *By people*: it happens outside, and is entered. *By reminder*: a date
 * is watched.
 */
type ClauseFacts = {
  readonly title: string
  readonly duty: 'enforce' | 'record' | 'remind'
  readonly kept: 'by decision' | 'by construction' | 'by people' | 'by reminder'
}

export const clauses = {
  // Cover letter
  'CL-1': { title: 'Every plate viewed is recorded with place and time', duty: 'enforce', kept: 'by construction' },
  'CL-2': { title: 'Every read is compared, and a match gives an alert', duty: 'enforce', kept: 'by construction' },
  'CL-3': { title: 'Hot list entries belong to one of the named categories', duty: 'enforce', kept: 'by decision' },
  'CL-4': { title: 'Each hot list has a source, an owner and a refresh age', duty: 'enforce', kept: 'by decision' },
  'CL-5': { title: 'Reads reach the repository electronically', duty: 'enforce', kept: 'by construction' },

  // Central Repository Companion Policy
  'CR-1.1': { title: 'Access needs a lawful basis and specific facts', duty: 'enforce', kept: 'by decision' },
  'CR-1.2': { title: 'Every search of past reads passes the same gate', duty: 'enforce', kept: 'by decision' },
  'CR-1.3': { title: 'Only designated and trained people may use the data', duty: 'enforce', kept: 'by decision' },
  'CR-1.4': { title: 'Participants are told of every change that matters', duty: 'record', kept: 'by decision' },
  'CR-1.5': { title: 'Nobody enters without an approved login of their own', duty: 'enforce', kept: 'by decision' },
  'CR-1.6': { title: 'Data that led to an action is preserved by its user', duty: 'enforce', kept: 'by decision' },
  'CR-1.7': { title: 'Contributors and others search by the same rules', duty: 'enforce', kept: 'by construction' },
  'CR-2.a': { title: "The agency's ALPR Administrator grants each login", duty: 'enforce', kept: 'by decision' },
  'CR-3.a': { title: 'The first password is changed at the first login', duty: 'enforce', kept: 'by decision' },
  'CR-3.b': { title: 'A login ends when its user leaves the agency', duty: 'remind', kept: 'by decision' },
  'CR-3.c': { title: "Nobody uses another person's login", duty: 'enforce', kept: 'by decision' },
  'CR-4.a': { title: 'Each transaction is logged with name, date and time', duty: 'enforce', kept: 'by construction' },
  'CR-4.b': { title: 'Requests and results are kept in a case file', duty: 'enforce', kept: 'by decision' },
  'CR-4.c': { title: 'Query logs are kept, and kept from being altered', duty: 'enforce', kept: 'by construction' },
  'CR-4.d': { title: 'The department audits the systems and the repository', duty: 'record', kept: 'by people' },
  'CR-5.a': { title: 'Contributions are open to every justice agency', duty: 'enforce', kept: 'by decision' },
  'CR-5.b': { title: 'What is not to be shared never leaves its owner', duty: 'enforce', kept: 'by construction' },
  'CR-5.c': { title: 'Contributions hold ALPR data and nothing else', duty: 'enforce', kept: 'by decision' },
  'CR-5.d': { title: 'Data is shared for official purposes only', duty: 'enforce', kept: 'by decision' },
  'CR-6.a': { title: 'The contributor owns and answers for its data', duty: 'enforce', kept: 'by decision' },
  'CR-6.b': { title: 'The source agency confirms data before it is acted on', duty: 'enforce', kept: 'by decision' },
  'CR-7.a': { title: 'Field data is uploaded when the administrator says', duty: 'enforce', kept: 'by decision' },
  'CR-7.b': { title: 'Data is kept for the set period, then destroyed', duty: 'enforce', kept: 'by decision' },
  'CR-7.b.i': { title: 'Alert data of an action is kept to its disposition', duty: 'enforce', kept: 'by decision' },
  'CR-7.b.ii': { title: 'Alert data of an arrest is kept in its case file', duty: 'enforce', kept: 'by decision' },
  'CR-7.b.iii': { title: 'Alert data of a criminal inquiry is kept likewise', duty: 'enforce', kept: 'by decision' },
  'CR-7.b.iv': { title: 'Expected evidence is kept while it is expected', duty: 'enforce', kept: 'by decision' },
  'CR-7.b.v': { title: 'The ALPR Administrator may direct a longer keeping', duty: 'enforce', kept: 'by decision' },
  'CR-8': { title: 'Records are confidential to authorized users', duty: 'enforce', kept: 'by decision' },
  'CR-9': { title: 'Each user has signed the current terms of use', duty: 'enforce', kept: 'by decision' },
  'CR-10': { title: 'The Commissioner reviews the policy every year', duty: 'remind', kept: 'by reminder' },

  // Global Justice and Public Safety User Agreement
  'GA-3': { title: "A user's kind of employment decides what is open", duty: 'enforce', kept: 'by decision' },
  'GA-4.1': { title: 'No access before the Agency Head has signed', duty: 'enforce', kept: 'by decision' },
  'GA-4.2': { title: 'A change of head or representative is signed anew', duty: 'remind', kept: 'by reminder' },
  'GA-5': { title: 'One identity serves several applications', duty: 'enforce', kept: 'by construction' },
  'GA-6.1': { title: 'The log names user, agency, time and data', duty: 'enforce', kept: 'by construction' },
  'GA-6.2': { title: "An Agency Head may have the agency's transactions", duty: 'record', kept: 'by decision' },
  'GA-6.3': { title: 'The CSO may order further audits', duty: 'record', kept: 'by decision' },
  'GA-7': { title: 'Each agency is audited at least every three years', duty: 'remind', kept: 'by reminder' },
  'GA-8': { title: 'Use is for official duties, never personal', duty: 'enforce', kept: 'by decision' },
  'GA-9.1': { title: 'Misuse is investigated and reported in ten days', duty: 'remind', kept: 'by reminder' },
  'GA-9.2': { title: 'The CSO may suspend or revoke access at once', duty: 'enforce', kept: 'by decision' },
  'GA-10.1': { title: 'Each person has one user identifier of their own', duty: 'enforce', kept: 'by decision' },
  'GA-10.2': { title: 'Passwords meet the security policy in force', duty: 'enforce', kept: 'by decision' },
  'GA-10.3': { title: 'Users answer for all acts under their identifier', duty: 'enforce', kept: 'by decision' },
  'GA-10.4': { title: 'Access ends when a user is no longer authorized', duty: 'remind', kept: 'by decision' },
  'GA-10.5': { title: 'The list of users is certified every year', duty: 'remind', kept: 'by decision' },
  'GA-11.1': { title: 'The source agency answers for what it enters', duty: 'enforce', kept: 'by decision' },
  'GA-11.2': { title: 'Errors found are reported to their source', duty: 'record', kept: 'by people' },
  'GA-12': { title: 'Data goes to authorized recipients only', duty: 'enforce', kept: 'by decision' },
  'GA-13': { title: 'Public requests go to the contributing agency', duty: 'record', kept: 'by decision' },
  'GA-14': { title: 'Submission and retention follow the schedule', duty: 'enforce', kept: 'by decision' },
  'GA-15': { title: 'A contribution has at least the minimum data set', duty: 'enforce', kept: 'by decision' },
  'GA-16': { title: 'Each agency has its three CJIS representatives', duty: 'enforce', kept: 'by decision' },
  'GA-17': { title: 'Technical support is named in the product', duty: 'record', kept: 'by construction' },
  'GA-18': { title: 'Each agency has a policy that its users accept', duty: 'record', kept: 'by decision' },
  'GA-19': { title: 'Access can be ended by the agency or by the CSO', duty: 'enforce', kept: 'by decision' },
  'GA-20': { title: 'Amendments are written and approved by the CSO', duty: 'record', kept: 'by decision' },
  'GA-21': { title: 'Agency Head and Commissioner sign the agreement', duty: 'record', kept: 'by decision' },

  // Model Policy for a department
  'MP-III': { title: "The system's terms are the policy's terms", duty: 'enforce', kept: 'by construction' },
  'MP-IV.A': { title: 'Equipment and data are for official use only', duty: 'record', kept: 'by people' },
  'MP-IV.B.1': { title: 'A command position answers for the ALPR system', duty: 'enforce', kept: 'by decision' },
  'MP-IV.B.1a': { title: 'Protocols govern access, storage and retention', duty: 'record', kept: 'by people' },
  'MP-IV.B.1b': { title: 'Reads and alerts acted on are preserved', duty: 'enforce', kept: 'by construction' },
  'MP-IV.B.1c': { title: 'What is captured stays secure and whole', duty: 'enforce', kept: 'by construction' },
  'MP-IV.B.1d': { title: 'Operators are selected, trained and enough', duty: 'enforce', kept: 'by decision' },
  'MP-IV.B.1e': { title: 'Deployments and their results are on record', duty: 'record', kept: 'by people' },
  'MP-IV.B.1f': { title: 'The administrator authorizes use and access', duty: 'record', kept: 'by decision' },
  'MP-IV.B.1g': { title: 'Data is managed, secured and backed up', duty: 'enforce', kept: 'by construction' },
  'MP-IV.B.1h': { title: 'Equipment that fails its check is out of service', duty: 'remind', kept: 'by decision' },
  'MP-IV.B.2': { title: 'Repairs are made by authorized sources', duty: 'record', kept: 'by people' },
  'MP-IV.C.1': { title: 'Use needs a lawful basis and specific facts', duty: 'enforce', kept: 'by decision' },
  'MP-IV.C.2': { title: "Searches follow the department's procedures", duty: 'enforce', kept: 'by decision' },
  'MP-IV.C.3': { title: 'Only designated, trained users with a login', duty: 'enforce', kept: 'by decision' },
  'MP-IV.C.4': { title: 'Changes are the subject of training or bulletins', duty: 'record', kept: 'by decision' },
  'MP-IV.C.5': { title: 'The agency head approves the use of ALPR', duty: 'record', kept: 'by decision' },
  'MP-IV.C.6': { title: 'A hit that led to an action is preserved', duty: 'enforce', kept: 'by decision' },
  'MP-IV.C.7': { title: 'Hot lists and reads are kept securely', duty: 'enforce', kept: 'by decision' },
  'MP-IV.C.8': { title: 'Requested searches go to the administrator', duty: 'record', kept: 'by decision' },
  'MP-IV.D.1': { title: 'A shift starts with the most current hot lists', duty: 'enforce', kept: 'by decision' },
  'MP-IV.D.2': { title: 'Camera aim is checked at the start of a tour', duty: 'record', kept: 'by people' },
  'MP-IV.D.3': { title: 'Equipment is cleaned and maintained on schedule', duty: 'remind', kept: 'by reminder' },
  'MP-IV.D.4': { title: 'Damage is reported at once', duty: 'record', kept: 'by people' },
  'MP-IV.D.5': { title: 'Equipment is secured when it is not in use', duty: 'record', kept: 'by people' },
  'MP-IV.D.6': { title: 'Malfunctions are reported', duty: 'record', kept: 'by people' },
  'MP-IV.E.1': { title: 'A manual entry is authorized by command', duty: 'enforce', kept: 'by decision' },
  'MP-IV.E.2': { title: 'A second person checks every manual entry', duty: 'enforce', kept: 'by decision' },
  'MP-IV.E.3': { title: 'A manual entry has a category and stays current', duty: 'enforce', kept: 'by decision' },
  'MP-IV.E.4': { title: 'A manual entry states its reason', duty: 'enforce', kept: 'by decision' },
  'MP-IV.F.a': { title: 'Plate and state are checked by eye before a stop', duty: 'enforce', kept: 'by decision' },
  'MP-IV.F.b': { title: "The plate's status is checked for a stop", duty: 'enforce', kept: 'by decision' },
  'MP-V.A.1': { title: 'Each transaction is logged by itself', duty: 'enforce', kept: 'by construction' },
  'MP-V.A.2': { title: 'Requests and results are kept in a case file', duty: 'enforce', kept: 'by decision' },
  'MP-V.A.3': { title: 'Query logs are maintained and secured', duty: 'enforce', kept: 'by construction' },
  'MP-V.A.4': { title: 'The department head may order audits', duty: 'record', kept: 'by decision' },
  'MP-V.B.1': { title: 'Data is shared for official purposes only', duty: 'enforce', kept: 'by decision' },
  'MP-V.B.2': { title: 'What leaves the department is in a second log', duty: 'enforce', kept: 'by decision' },
  'MP-V.B.3': { title: 'Sharing rests on a policy or a memorandum', duty: 'record', kept: 'by decision' },
  'MP-V.C.1': { title: 'Field data is uploaded, then purged from the unit', duty: 'enforce', kept: 'by decision' },
  'MP-V.C.2': { title: 'The department keeps its data a year at most', duty: 'enforce', kept: 'by decision' },
  'MP-VI.1': { title: 'The department submits its reads to the state', duty: 'enforce', kept: 'by construction' },
  'MP-VII.1': { title: 'The policy is reviewed every year', duty: 'remind', kept: 'by reminder' },
} as const satisfies Record<string, ClauseFacts>

type Clauses = typeof clauses

/** The identifier of any clause, whoever keeps it. */
export type AnyClause = keyof Clauses

/** The identifier of a clause that is kept by decision: the only kind that `refuse` accepts. */
export type Clause = { [C in AnyClause]: Clauses[C]['kept'] extends 'by decision' ? C : never }[AnyClause]

function documentOf(id: AnyClause): string {
  if (id.startsWith('CL-')) return 'cover-letter'
  if (id.startsWith('CR-')) return 'central-repository'
  if (id.startsWith('GA-')) return 'user-agreement'
  return 'model-policy'
}

/**
 * What a person is told about a clause: its title, and where its text stands in this repository, as a path with an
 * anchor (`policy/clauses/central-repository.md#cr-11`). The anchor is the one that Markdown viewers make of the
 * heading: lower case, without the dots.
 */
export function clauseText(id: AnyClause): { readonly title: string; readonly where: string } {
  const anchor = id.toLowerCase().replaceAll('.', '')
  return { title: clauses[id].title, where: `policy/clauses/${documentOf(id)}.md#${anchor}` }
}

/** Whether a text, for example one read back from the log, is the identifier of a clause. */
export function isClause(text: string): text is AnyClause {
  return Object.hasOwn(clauses, text)
}
