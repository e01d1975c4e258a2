/** How a collection of records is declared. The store keeps whatever is declared so; docs/STORE.md, "Tables". */

/** The fields of a record that hold a string, or nothing. */
type TextField<R> = {
  [Field in keyof R & string]-?: Exclude<R[Field], undefined> extends string ? Field : never
}[keyof R & string]

/** The fields that a record can do without. */
type OptionalField<R> = {
  [Field in keyof R & string]-?: undefined extends R[Field] ? Field : never
}[keyof R & string]

/** A declaration, whatever its records are. */
export interface AnyTable {
  /** Names the table in the journal and in checkpoint.json. It never changes, and no other table ever has it. */
  readonly name: string
  /** The JSON file that shows the records to people and other programs. */
  readonly file: string
  /** The field with the id of a record. */
  readonly key: string
  /** The field with the id of the user whom a record is about; undefined where records are about nobody. */
  readonly owner: string | undefined
  /** Further fields by which records are found. */
  readonly indexes: readonly string[]
  /** Whether records are only added. One that is there keeps its fields, but for personal ones that are taken away. */
  readonly onlyGrows: boolean
  /** The fields that are taken away when the owner deletes the account. */
  readonly personal: readonly string[]
  /** Returns what is wrong with a record about to be written in place of `before`, or undefined. */
  check(record: object, before: object | undefined): string | undefined
}

export interface TableDeclaration<R extends object> extends AnyTable {
  readonly key: TextField<R>
  readonly owner: TextField<R> | undefined
  readonly indexes: readonly TextField<R>[]
  readonly personal: readonly OptionalField<R>[]
  check(record: R, before: R | undefined): string | undefined
}
