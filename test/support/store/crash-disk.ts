/**
 * A disk that writes down every call, and from that every folder that a crash could leave: what was
 * not synced kept, dropped, cut at a byte or with its beginning missing; what was renamed without a
 * folder sync in any prefix.
 */
import { hash } from 'node:crypto'
import type { Disk } from '../../../adapters/store/disk/disk.ts'
import { type MemoryDisk, memoryDisk } from './memory-disk.ts'

type Step =
  | { type: 'create'; name: string; inode: number }
  | { type: 'remove'; name: string; inode: number }
  | { type: 'rename'; from: string; to: string }
  | { type: 'write'; inode: number; position: number; bytes: Buffer }
  | { type: 'truncate'; inode: number; length: number }
  | { type: 'sync'; inode: number }
  | { type: 'sync-folder' }
  | { type: 'told'; what: 'asked' | 'answered' }

type DataStep = Extract<Step, { type: 'write' | 'truncate' }>
type NameStep = Extract<Step, { type: 'create' | 'remove' | 'rename' }>

export interface RecordingDisk extends MemoryDisk {
  readonly steps: readonly Step[]
  /** Notes that a change was requested, or that its caller learned that it is safe. */
  tell(what: 'asked' | 'answered'): void
}

/**
 * Records the changes of a disk; `forgetful` names the syncs that it lets pass without doing them,
 * as a store that forgot to ask would see.
 */
export function recordingDisk(
  forgetful: readonly ('through' | 'sync' | 'sync-folder')[] = [],
): RecordingDisk {
  const disk = memoryDisk()
  const steps: Step[] = []
  const inodes = new Map<string, number>()
  let made = 0

  const open: Disk['open'] = async (name, mode) => {
    const file = await disk.open(name, mode)
    const known = inodes.get(name)
    const inode = known ?? ++made
    inodes.set(name, inode)
    if (known === undefined) steps.push({ type: 'create', name, inode })
    else if (mode === 'create') steps.push({ type: 'truncate', inode, length: 0 })
    return {
      ...file,
      write: async (bytes, position) => {
        steps.push({ type: 'write', inode, position, bytes: Buffer.from(bytes) })
        const written = await file.write(bytes, position)
        if (mode === 'through' && !forgetful.includes('through')) steps.push({ type: 'sync', inode })
        return written
      },
      truncate: async (length) => {
        steps.push({ type: 'truncate', inode, length })
        await file.truncate(length)
      },
      sync: async () => {
        if (!forgetful.includes('sync')) steps.push({ type: 'sync', inode })
      },
    }
  }

  return {
    ...disk,
    steps,
    tell: (what) => steps.push({ type: 'told', what }),
    open,
    rename: async (from, to) => {
      steps.push({ type: 'rename', from, to })
      await disk.rename(from, to)
      inodes.set(to, inodes.get(from) ?? 0)
      inodes.delete(from)
    },
    remove: async (name) => {
      steps.push({ type: 'remove', name, inode: inodes.get(name) ?? 0 })
      await disk.remove(name)
      inodes.delete(name)
    },
    syncFolder: async () => {
      if (!forgetful.includes('sync-folder')) steps.push({ type: 'sync-folder' })
    },
  }
}

/**
 * The files that a crash left, and the changes that had been requested and confirmed when it came.
 */
export interface CrashState {
  readonly files: ReadonlyMap<string, Buffer>
  readonly asked: number
  readonly answered: number
  /** After which step, and what became of what was not synced. */
  readonly story: string
}

interface Machine {
  names: Map<string, number>
  pendingNames: NameStep[]
  readonly data: Map<number, Buffer>
  readonly pending: Map<number, DataStep[]>
  asked: number
  answered: number
}

/**
 * Returns every state from the step `from` on that `seen` does not hold yet; `cuts` names the bytes
 * at which a write of a given length may be cut.
 */
export function* crashStates(
  steps: readonly Step[],
  cuts: (length: number) => Iterable<number>,
  from = 0,
  seen = new Set<string>(),
): Generator<CrashState> {
  const machine: Machine = {
    names: new Map(),
    pendingNames: [],
    data: new Map(),
    pending: new Map(),
    asked: 0,
    answered: 0,
  }
  for (const [index, step] of steps.entries()) {
    advance(machine, step)
    if (index + 1 < from) continue
    for (const state of statesOf(machine, `after step ${index + 1} (${nameOf(step)})`, cuts)) {
      const key = fingerprint(state)
      if (seen.has(key)) continue
      seen.add(key)
      yield state
    }
  }
}

function advance(machine: Machine, step: Step): void {
  if (step.type === 'write' || step.type === 'truncate') {
    machine.pending.set(step.inode, [...(machine.pending.get(step.inode) ?? []), step])
  } else if (step.type === 'sync') {
    machine.data.set(step.inode, contents(machine, step.inode, machine.pending.get(step.inode) ?? []))
    machine.pending.delete(step.inode)
  } else if (step.type === 'sync-folder') {
    machine.names = renamed(machine.names, machine.pendingNames)
    machine.pendingNames = []
  } else if (step.type === 'told') {
    machine[step.what]++
  } else {
    machine.pendingNames.push(step)
  }
}

function* statesOf(machine: Machine, where: string, cuts: (length: number) => Iterable<number>) {
  const { asked, answered } = machine
  for (let kept = 0; kept <= machine.pendingNames.length; kept++) {
    const names = renamed(machine.names, machine.pendingNames.slice(0, kept))
    for (const fate of fates(machine, cuts)) {
      const files = new Map<string, Buffer>()
      for (const [name, inode] of names)
        files.set(name, contents(machine, inode, fate.steps.get(inode) ?? []))
      yield { files, asked, answered, story: `${where}, ${kept} names kept, ${fate.story}` }
    }
  }
}

interface Fate {
  readonly steps: ReadonlyMap<number, readonly DataStep[]>
  readonly story: string
}

function* fates(machine: Machine, cuts: (length: number) => Iterable<number>): Generator<Fate> {
  yield { steps: new Map(), story: 'data dropped' }
  yield { steps: machine.pending, story: 'data kept' }
  for (const [inode, pending] of machine.pending) {
    const before = pending.slice(0, -1)
    const last = pending.at(-1)
    if (last?.type !== 'write') continue
    for (const base of [new Map(), new Map(machine.pending)]) {
      for (const at of cuts(last.bytes.length)) {
        for (const part of [firstPart(last, at), lastPart(last, at)]) {
          yield { steps: base.set(inode, [...before, part]), story: `a write of file ${inode} cut at ${at}` }
        }
      }
    }
  }
}

function firstPart(write: DataStep & { type: 'write' }, at: number): DataStep {
  return { ...write, bytes: write.bytes.subarray(0, at) }
}

/** Returns the end of a write that reached the disk without its beginning. */
function lastPart(write: DataStep & { type: 'write' }, at: number): DataStep {
  return { ...write, position: write.position + at, bytes: write.bytes.subarray(at) }
}

function contents(machine: Machine, inode: number, steps: readonly DataStep[]): Buffer {
  let bytes = machine.data.get(inode) ?? Buffer.alloc(0)
  for (const step of steps) {
    const length =
      step.type === 'truncate' ? step.length : Math.max(bytes.length, step.position + step.bytes.length)
    const next = Buffer.alloc(length)
    bytes.copy(next, 0, 0, Math.min(bytes.length, length))
    if (step.type === 'write') step.bytes.copy(next, step.position)
    bytes = next
  }
  return bytes
}

function renamed(names: ReadonlyMap<string, number>, steps: readonly NameStep[]): Map<string, number> {
  const after = new Map(names)
  for (const step of steps) {
    if (step.type === 'create') after.set(step.name, step.inode)
    else if (step.type === 'remove') after.delete(step.name)
    else {
      const inode = after.get(step.from)
      if (inode !== undefined) after.set(step.to, inode)
      after.delete(step.from)
    }
  }
  return after
}

function nameOf(step: Step): string {
  if (step.type === 'told') return step.what
  return 'inode' in step ? `${step.type} of file ${step.inode}` : step.type
}

function fingerprint({ files, asked, answered }: CrashState): string {
  const parts = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
  const text = parts.map(([name, bytes]) => `${name}:${bytes.toString('latin1')}`).join('\n')
  return hash('sha256', `${asked} ${answered} ${text}`)
}

/** Returns the state as a disk that a store can be opened on. */
export function diskOf(files: ReadonlyMap<string, Buffer>): MemoryDisk {
  const disk = memoryDisk()
  for (const [name, bytes] of files) disk.put(name, bytes)
  return disk
}
