/** Plays people who use a server from outside, over HTTP and sockets alone. */
import { io, type Socket } from 'socket.io-client'
import { STANDIN_KEYS } from '../../dev/stripe/keys.ts'
import type { SessionView } from '../../shared/protocol/session.ts'
import type { BrowserEvents, ServerEvents } from '../../shared/protocol/socket.ts'
import type { UserView } from '../../shared/protocol/views.ts'

export interface Answer<T = Record<string, unknown>> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
}

export type Page = Socket<ServerEvents, BrowserEvents>

export interface Person {
  readonly user: UserView
  readonly cookie: string
  send<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: object,
  ): Promise<Answer<T>>
  /** Opens a socket that is connected, and reconnects automatically. */
  page(): Promise<Page>
}

export interface People {
  send(method: string, path: string, body?: unknown, headers?: object): Promise<Answer>
  client(name: string, balanceCents?: number): Promise<Person>
  reader(name: string, rateCents: number): Promise<Person>
  topUp(person: Person, amountCents: number): Promise<void>
  /** Puts a session into the state `accepted`. */
  accepted(client: Person, reader: Person, kind?: SessionView['kind']): Promise<SessionView>
  /** Closes every page. */
  leave(): void
}

/** Creates people at a server; `always` holds headers that go with all their requests. */
export function peopleAt(origin: string, always: Readonly<Record<string, string>> = {}): People {
  const pages: Page[] = []

  const send = async <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: object = {},
  ): Promise<Answer<T>> => {
    const response = await fetch(`${origin}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...always,
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : (text as T),
    }
  }

  const register = async (body: { name: string; role: string; rateCents?: number }): Promise<Person> => {
    const answer = await send<{ user: UserView }>('POST', '/register', {
      email: `${body.name.toLowerCase()}@example.com`,
      password: 'correct horse',
      acceptTerms: true,
      ...body,
    })
    if (answer.status !== 201) throw new Error(`not registered: ${JSON.stringify(answer.body)}`)
    const cookie = (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
    return {
      user: answer.body.user,
      cookie,
      send: (method, path, body, headers) => send(method, path, body, { cookie, ...headers }),
      async page() {
        const page: Page = io(origin, {
          transports: ['websocket'],
          extraHeaders: { cookie },
          forceNew: true,
        })
        pages.push(page)
        await new Promise<void>((resolve, reject) => {
          page.once('connect', resolve)
          page.once('connect_error', reject)
        })
        return page
      },
    }
  }

  const people: People = {
    send,

    async client(name, balanceCents = 0) {
      const client = await register({ name, role: 'client' })
      if (balanceCents > 0) await people.topUp(client, balanceCents)
      return client
    },

    async reader(name, rateCents) {
      const reader = await register({ name, role: 'reader', rateCents })
      await reader.send('POST', '/availability', { available: true })
      return reader
    },

    async topUp(person, amountCents) {
      const wish = { userId: person.user.id, amountCents }
      const { body } = await person.send<{ paymentIntentId: string; clientSecret: string }>(
        'POST',
        '/add-funds',
        wish,
      )
      await pay(origin, body)
      await person.send('POST', '/add-funds/confirm', { userId: person.user.id, ...body })
    },

    async accepted(client, reader, kind = 'video') {
      const wish = { readerId: reader.user.id, kind }
      const { status, body } = await client.send<{ session: SessionView }>('POST', '/session/start', wish)
      if (status !== 201) throw new Error(`not rung: ${status} ${JSON.stringify(body)}`)
      const answer = await reader.send<{ session: SessionView }>('POST', `/session/${body.session.id}/accept`)
      return answer.body.session
    },

    leave() {
      for (const page of pages) page.disconnect()
    },
  }
  return people
}

/** Pays as Stripe.js does with a good card. */
export async function pay(
  origin: string,
  payment: { paymentIntentId: string; clientSecret: string },
): Promise<void> {
  const answer = await fetch(
    `${origin}/stripe-standin/v1/payment_intents/${payment.paymentIntentId}/confirm`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        key: STANDIN_KEYS.publishableKey,
        client_secret: payment.clientSecret,
        'payment_method_data[type]': 'card',
        'payment_method_data[card][number]': '4242424242424242',
        'payment_method_data[card][exp_month]': '12',
        'payment_method_data[card][exp_year]': '2034',
        'payment_method_data[card][cvc]': '123',
      }),
    },
  )
  if (!answer.ok) throw new Error(`the stand-in refused a payment: ${await answer.text()}`)
}

/** Resolves with the payload of the next such event, or of the first that fits. */
export function next<E extends keyof ServerEvents & string>(
  page: Page,
  event: E,
  fits: (payload: Parameters<ServerEvents[E]>[0]) => boolean = () => true,
): Promise<Parameters<ServerEvents[E]>[0]> {
  return new Promise((resolve) => {
    const listen = (payload: Parameters<ServerEvents[E]>[0]) => {
      if (!fits(payload)) return
      untyped(page).off(event, listen as never)
      resolve(payload)
    }
    untyped(page).on(event, listen as never)
  })
}

/**
 * Says anything at all over a socket, as a stranger might, and resolves with what is acknowledged.
 */
export function say(page: Page, event: string, ...payload: unknown[]): Promise<Record<string, unknown>> {
  return untyped(page)
    .timeout(30_000)
    .emitWithAck(event, ...payload)
}

export const untyped = (page: Page): Socket => page as unknown as Socket
