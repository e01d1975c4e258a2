/** Declares a collection of records that the store keeps; docs/STORE.md, "Tables". */

/** The fields of a record that hold a string, or are absent. */
type TextField<R> = {
  [Field in keyof R & string]-?: Exclude<R[Field], undefined> extends string ? Field : never
}[keyof R & string]

/** The fields that a record can do without. */
type OptionalField<R> = {
  [Field in keyof R & string]-?: undefined extends R[Field] ? Field : never
}[keyof R & string]

/** A declaration, whatever its records are. */
export interface AnyTable {
  /**
   * Name of the table in the journal and in checkpoint.json. It never changes, and no other table
   * ever has it.
   */
  readonly name: string
  /** JSON file that shows the records to people and other programs. */
  readonly file: string
  /** The field with the id of a record. */
  readonly key: string
  /**
   * The field with the id of the user whom a record is about; undefined where records are about no
   * user.
   */
  readonly owner: string | undefined
  /** Further fields by which records are found. */
  readonly indexes: readonly string[]
  /**
   * True where records are only added. Existing ones keep their fields, except personal ones that
   * are removed.
   */
  readonly onlyGrows: boolean
  /** The fields that are removed when the owner deletes the account. */
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
