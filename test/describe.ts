/** What PostgreSQL says of a statement without running it: Parse and Describe of the extended protocol, through `pg`. */
import type { Client, Connection } from 'pg'

export type DescribedColumn = {
  readonly name: string
  readonly typeOid: number
  /** The table's column it is taken from, unchanged; 0 where it is computed. */
  readonly tableOid: number
  readonly columnNo: number
}

// What `pg` hands to a submittable, which its own typings leave out.
type RowDescription = {
  fields: { name: string; dataTypeID: number; tableID: number; columnID: number }[]
}

class Description {
  readonly result: Promise<DescribedColumn[]>
  readonly #settle: PromiseWithResolvers<DescribedColumn[]>
  readonly #text: string
  #columns: DescribedColumn[] = []
  constructor(text: string) {
    this.#text = text
    this.#settle = Promise.withResolvers()
    this.result = this.#settle.promise
  }
  submit(connection: Connection): void {
    connection.parse({ name: '', text: this.#text, types: [] }, true)
    connection.describe({ type: 'S', name: '' }, true)
    connection.sync()
  }
  handleRowDescription({ fields }: RowDescription): void {
    this.#columns = fields.map(({ name, dataTypeID, tableID, columnID }) => ({
      name,
      typeOid: dataTypeID,
      tableOid: tableID,
      columnNo: columnID,
    }))
  }
  handleError(error: Error): void {
    // After an error the client forgets this query, and does not tell it that the server is ready again.
    this.#settle.reject(error)
  }
  handleReadyForQuery(): void {
    this.#settle.resolve(this.#columns)
  }
}

/** The columns a statement returns. Throws PostgreSQL's own error where it cannot be prepared. */
export function describeStatement(client: Client, text: string): Promise<DescribedColumn[]> {
  const description = new Description(text)
  client.query(description)
  return description.result
}
