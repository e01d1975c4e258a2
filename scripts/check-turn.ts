/**
 * `npm run check-turn`: tries every STUN and TURN server of the settings with a login as people get
 * it, says for each what works, and exits with 1 when one does not or there is none.
 */
import { createIce } from '../adapters/system/ice-servers.ts'
import { checkServers } from '../adapters/turn/check.ts'
import { readConfig, turnLoginIn } from '../config.ts'
import { readWords } from './command.ts'

const USAGE = `npm run check-turn
Tries each address in TURN_URLS and STUN_URLS with a login as people in a call get it, and says what works. Exits with 1 when
one does not work, or none is set.`

const NO_SERVER = `Calls between two homes will mostly fail: neither a TURN nor a STUN server is set.
Rent a TURN server or run your own (docs/TURN.md says how), then set in .env, or where the server gets its settings from:
  TURN_URLS=turn:turn.example.com:3478?transport=udp,turns:turn.example.com:443?transport=tcp
and either TURN_SECRET (your own coturn) or TURN_USERNAME and TURN_PASSWORD (what a provider gave you).`

const NO_RELAY =
  'No TURN server is set: about one pair in ten cannot connect, and people in a call see each other’s address (docs/TURN.md).'

const LIMIT_MS = 5_000

readWords(USAGE, {}, 0)
const config = readConfig(process.env)
const login = turnLoginIn(config)
const { serversFor } = createIce({
  stunUrls: config.STUN_URLS,
  turnUrls: config.TURN_URLS,
  login,
  policy: 'relay',
  wall: Date.now,
})
const findings = await checkServers({ servers: serversFor('npm run check-turn'), login, limitMs: LIMIT_MS })
for (const { text } of findings) console.log(text)
if (findings.length === 0) console.error(NO_SERVER)
else if (config.TURN_URLS.length === 0) console.error(NO_RELAY)
const isWell = findings.length > 0 && findings.every(({ works }) => works)
// The DNS may still be asked for a name, which would keep the process.
process.exit(isWell ? 0 : 1)
