/** The people of a seeded folder. They are made up, and every password is the same. */
import type { SessionKind } from '../../shared/protocol/session.ts'

export const SEED_PASSWORD = 'moonlight over water'

export interface SeedReader {
  name: string
  rateCents: number
  speciality: string
  bio: string
  /** The number of evenings in ten on which the reader works. */
  evenings: number
  /** Stays available at the end, so that there is a reader to ring. */
  staysAvailable?: boolean
}

export const READERS: readonly SeedReader[] = [
  {
    name: 'Mara Lind',
    rateCents: 250,
    speciality: 'Tarot and matters of the heart',
    bio: 'Twenty years with the cards. I tell you what I see, kindly and without fog.',
    evenings: 9,
    staysAvailable: true,
  },
  {
    name: 'Élodie Brault',
    rateCents: 399,
    speciality: 'Astrology, birth charts',
    bio: 'Bring your hour of birth if you know it. We look at this year first, then at the question you came with.',
    evenings: 6,
    staysAvailable: true,
  },
  {
    name: 'Tomás Quiroga',
    rateCents: 180,
    speciality: 'Dreams',
    bio: 'You tell the dream, I ask, and together we find what it is about.',
    evenings: 5,
  },
  {
    name: 'ليلى حداد',
    rateCents: 320,
    speciality: 'Coffee cups and palms',
    bio: 'Arabic, French and English.',
    evenings: 4,
    staysAvailable: true,
  },
  { name: 'June Abernathy', rateCents: 499, speciality: 'Mediumship', bio: '', evenings: 3 },
]

export const CLIENTS: readonly string[] = [
  'Ana Reyes',
  'Ben Okafor',
  'Chiara Monti',
  'Dev Patel',
  'Esra 🌙 Demir',
  'Finn',
]

export const KINDS: readonly SessionKind[] = ['video', 'video', 'voice', 'chat']

export const emailOf = (name: string, index: number): string => {
  const plain = name
    .normalize('NFD')
    .replace(/[^a-z]/gi, '')
    .toLowerCase()
  return `${plain || `reader${index + 1}`}@example.com`
}
