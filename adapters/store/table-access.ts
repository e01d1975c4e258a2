/** Lets a transaction read and write declared tables, and checks what a declaration promises. */
import { invariant } from '../../domain/errors.ts'
import type { TableDeclaration } from '../../domain/table.ts'
import type { TableTx, TableView } from '../../engine/ports.ts'
import type { ChangeSet } from './change-set.ts'
import type { Memory } from './memory.ts'
import { idOf, type Rows } from './rows.ts'

export function tableView<R extends object>(memory: Memory, table: TableDeclaration<R>): TableView<R> {
  const { byId, indexes } = rowsOf(memory, table)
  const rows = byId as unknown as ReadonlyMap<string, R>
  return {
    get: (id) => rows.get(id),
    all: () => rows.values(),
    by: (field, value) => {
      const index = indexes.get(field)
      invariant(index, `${table.name} has no index ${field}`)
      return Array.from(index.ids(value)).flatMap((id) => rows.get(id) ?? [])
    },
  }
}

export function tableTx<R extends object>(
  memory: Memory,
  current: () => ChangeSet,
  table: TableDeclaration<R>,
): TableTx<R> {
  const rows = rowsOf(memory, table)
  const view = tableView(memory, table)
  return {
    ...view,
    put: (record) => {
      const id = idOf(table, record)
      const before = view.get(id)
      invariant(!before || !table.onlyGrows, `${table.name} only grows: ${id} is there already`)
      const wrong = table.check(record, before)
      invariant(wrong === undefined, `${id} cannot be in ${table.name}: ${wrong}`)
      current().row(rows, id, record)
    },
    remove: (id) => {
      invariant(!table.onlyGrows, `${table.name} only grows: ${id} stays`)
      if (view.get(id)) current().row(rows, id, undefined)
    },
  }
}

/** Removes the personal fields of a user's records from every table, and takes the user's keys out of use. */
export function forgetPerson(memory: Memory, changes: ChangeSet, userId: string): void {
  changes.gone(userId)
  for (const rows of memory.rows.values()) {
    const { owner, personal } = rows.table
    if (owner === undefined || personal.length === 0) continue
    for (const id of [...(rows.indexes.get(owner)?.ids(userId) ?? [])]) {
      const kept = Object.entries(rows.byId.get(id) ?? {}).filter(([field]) => !personal.includes(field))
      changes.row(rows, id, Object.fromEntries(kept))
    }
  }
}

function rowsOf<R extends object>(memory: Memory, table: TableDeclaration<R>): Rows {
  const rows = memory.rows.get(table.name)
  invariant(rows?.table === table, `${table.name} is not among the tables of this store`)
  return rows
}
