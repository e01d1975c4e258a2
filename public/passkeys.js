function l(e) {
  let t = new Uint8Array(e),
    r = ''
  for (const n of t) r += String.fromCharCode(n)
  return btoa(r).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')
}
function d(e) {
  const t = e.replace(/-/g, '+').replace(/_/g, '/'),
    r = (4 - (t.length % 4)) % 4,
    i = t.padEnd(t.length + r, '='),
    n = atob(i),
    c = new ArrayBuffer(n.length),
    p = new Uint8Array(c)
  for (let a = 0; a < n.length; a++) p[a] = n.charCodeAt(a)
  return c
}
function m() {
  return D.stubThis(
    globalThis?.PublicKeyCredential !== void 0 && typeof globalThis.PublicKeyCredential == 'function',
  )
}
var D = { stubThis: (e) => e }
function w(e) {
  const { id: t } = e
  return { ...e, id: d(t), transports: e.transports }
}
function R(e) {
  return (
    e === 'localhost' || /^((xn--[a-z0-9-]+|[a-z0-9]+(-[a-z0-9]+)*)\.)+([a-z]{2,}|xn--[a-z0-9-]+)$/i.test(e)
  )
}
var o = class extends Error {
  constructor({ message: t, code: r, cause: i, name: n }) {
    super(t, { cause: i }),
      Object.defineProperty(this, 'code', { enumerable: !0, configurable: !0, writable: !0, value: void 0 }),
      (this.name = n ?? i.name),
      (this.code = r)
  }
}
function _({ error: e, options: t }) {
  const { publicKey: r } = t
  if (!r) throw Error('options was missing required publicKey property')
  if (e.name === 'AbortError') {
    if (t.signal instanceof AbortSignal)
      return new o({
        message: 'Registration ceremony was sent an abort signal',
        code: 'ERROR_CEREMONY_ABORTED',
        cause: e,
      })
  } else if (e.name === 'ConstraintError') {
    if (r.authenticatorSelection?.requireResidentKey === !0)
      return new o({
        message: 'Discoverable credentials were required but no available authenticator supported it',
        code: 'ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT',
        cause: e,
      })
    if (t.mediation === 'conditional' && r.authenticatorSelection?.userVerification === 'required')
      return new o({
        message: 'User verification was required during automatic registration but it could not be performed',
        code: 'ERROR_AUTO_REGISTER_USER_VERIFICATION_FAILURE',
        cause: e,
      })
    if (r.authenticatorSelection?.userVerification === 'required')
      return new o({
        message: 'User verification was required but no available authenticator supported it',
        code: 'ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT',
        cause: e,
      })
  } else {
    if (e.name === 'InvalidStateError')
      return new o({
        message: 'The authenticator was previously registered',
        code: 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED',
        cause: e,
      })
    if (e.name === 'NotAllowedError')
      return new o({ message: e.message, code: 'ERROR_PASSTHROUGH_SEE_CAUSE_PROPERTY', cause: e })
    if (e.name === 'NotSupportedError')
      return r.pubKeyCredParams.filter((n) => n.type === 'public-key').length === 0
        ? new o({
            message: 'No entry in pubKeyCredParams was of type "public-key"',
            code: 'ERROR_MALFORMED_PUBKEYCREDPARAMS',
            cause: e,
          })
        : new o({
            message: 'No available authenticator supported any of the specified pubKeyCredParams algorithms',
            code: 'ERROR_AUTHENTICATOR_NO_SUPPORTED_PUBKEYCREDPARAMS_ALG',
            cause: e,
          })
    if (e.name === 'SecurityError') {
      const i = globalThis.location.hostname
      if (R(i)) {
        if (r.rp.id !== i)
          return new o({
            message: `The RP ID "${r.rp.id}" is invalid for this domain`,
            code: 'ERROR_INVALID_RP_ID',
            cause: e,
          })
      } else
        return new o({
          message: `${globalThis.location.hostname} is an invalid domain`,
          code: 'ERROR_INVALID_DOMAIN',
          cause: e,
        })
    } else if (e.name === 'TypeError') {
      if (r.user.id.byteLength < 1 || r.user.id.byteLength > 64)
        return new o({
          message: 'User ID was not between 1 and 64 characters',
          code: 'ERROR_INVALID_USER_ID_LENGTH',
          cause: e,
        })
    } else if (e.name === 'UnknownError')
      return new o({
        message:
          'The authenticator was unable to process the specified options, or could not create a new credential',
        code: 'ERROR_AUTHENTICATOR_GENERAL_ERROR',
        cause: e,
      })
  }
  return e
}
var O = class {
    constructor() {
      Object.defineProperty(this, 'controller', {
        enumerable: !0,
        configurable: !0,
        writable: !0,
        value: void 0,
      })
    }
    createNewAbortSignal() {
      if (this.controller) {
        const r = new Error('Cancelling existing WebAuthn API call for new one')
        ;(r.name = 'AbortError'), this.controller.abort(r)
      }
      const t = new AbortController()
      return (this.controller = t), t.signal
    }
    cancelCeremony() {
      if (this.controller) {
        const t = new Error('Manually cancelling existing WebAuthn API call')
        ;(t.name = 'AbortError'), this.controller.abort(t), (this.controller = void 0)
      }
    }
  },
  h = new O()
var K = ['cross-platform', 'platform']
function y(e) {
  if (e && !(K.indexOf(e) < 0)) return e
}
async function I(e) {
  !e.optionsJSON &&
    e.challenge &&
    (console.warn(
      'startRegistration() was not called correctly. It will try to continue with the provided options, but this call should be refactored to use the expected call structure instead. See https://simplewebauthn.dev/docs/packages/browser#typeerror-cannot-read-properties-of-undefined-reading-challenge for more information.',
    ),
    (e = { optionsJSON: e }))
  const { optionsJSON: t, useAutoRegister: r = !1 } = e
  if (!m()) throw new Error('WebAuthn is not supported in this browser')
  const i = {
      ...t,
      challenge: d(t.challenge),
      user: { ...t.user, id: d(t.user.id) },
      excludeCredentials: t.excludeCredentials?.map(w),
    },
    n = {}
  r && (n.mediation = 'conditional'), (n.publicKey = i), (n.signal = h.createNewAbortSignal())
  let c
  try {
    c = await navigator.credentials.create(n)
  } catch (u) {
    throw _({ error: u, options: n })
  }
  if (!c) throw new Error('Registration was not completed')
  let { id: p, rawId: a, response: s, type: S } = c,
    f
  typeof s.getTransports == 'function' && (f = s.getTransports())
  let g
  if (typeof s.getPublicKeyAlgorithm == 'function')
    try {
      g = s.getPublicKeyAlgorithm()
    } catch (u) {
      P('getPublicKeyAlgorithm()', u)
    }
  let b
  if (typeof s.getPublicKey == 'function')
    try {
      const u = s.getPublicKey()
      u !== null && (b = l(u))
    } catch (u) {
      P('getPublicKey()', u)
    }
  let A
  if (typeof s.getAuthenticatorData == 'function')
    try {
      A = l(s.getAuthenticatorData())
    } catch (u) {
      P('getAuthenticatorData()', u)
    }
  return {
    id: p,
    rawId: l(a),
    response: {
      attestationObject: l(s.attestationObject),
      clientDataJSON: l(s.clientDataJSON),
      transports: f,
      publicKeyAlgorithm: g,
      publicKey: b,
      authenticatorData: A,
    },
    type: S,
    clientExtensionResults: c.getClientExtensionResults(),
    authenticatorAttachment: y(c.authenticatorAttachment),
  }
}
function P(e, t) {
  console.warn(
    `The browser extension that intercepted this WebAuthn API call incorrectly implemented ${e}. You should report this error to them.
`,
    t,
  )
}
function E() {
  if (!m()) return T.stubThis(new Promise((t) => t(!1)))
  const e = globalThis.PublicKeyCredential
  return e?.isConditionalMediationAvailable === void 0
    ? T.stubThis(new Promise((t) => t(!1)))
    : T.stubThis(e.isConditionalMediationAvailable())
}
var T = { stubThis: (e) => e }
function C({ error: e, options: t }) {
  const { publicKey: r } = t
  if (!r) throw Error('options was missing required publicKey property')
  if (e.name === 'AbortError') {
    if (t.signal instanceof AbortSignal)
      return new o({
        message: 'Authentication ceremony was sent an abort signal',
        code: 'ERROR_CEREMONY_ABORTED',
        cause: e,
      })
  } else {
    if (e.name === 'NotAllowedError')
      return new o({ message: e.message, code: 'ERROR_PASSTHROUGH_SEE_CAUSE_PROPERTY', cause: e })
    if (e.name === 'SecurityError') {
      const i = globalThis.location.hostname
      if (R(i)) {
        if (r.rpId !== i)
          return new o({
            message: `The RP ID "${r.rpId}" is invalid for this domain`,
            code: 'ERROR_INVALID_RP_ID',
            cause: e,
          })
      } else
        return new o({
          message: `${globalThis.location.hostname} is an invalid domain`,
          code: 'ERROR_INVALID_DOMAIN',
          cause: e,
        })
    } else if (e.name === 'UnknownError')
      return new o({
        message:
          'The authenticator was unable to process the specified options, or could not create a new assertion signature',
        code: 'ERROR_AUTHENTICATOR_GENERAL_ERROR',
        cause: e,
      })
  }
  return e
}
async function N(e) {
  !e.optionsJSON &&
    e.challenge &&
    (console.warn(
      'startAuthentication() was not called correctly. It will try to continue with the provided options, but this call should be refactored to use the expected call structure instead. See https://simplewebauthn.dev/docs/packages/browser#typeerror-cannot-read-properties-of-undefined-reading-challenge for more information.',
    ),
    (e = { optionsJSON: e }))
  const { optionsJSON: t, useBrowserAutofill: r = !1, verifyBrowserAutofillInput: i = !0 } = e
  if (!m()) throw new Error('WebAuthn is not supported in this browser')
  let n
  t.allowCredentials?.length !== 0 && (n = t.allowCredentials?.map(w))
  const c = { ...t, challenge: d(t.challenge), allowCredentials: n },
    p = {}
  if (r) {
    if (!(await E())) throw Error('Browser does not support WebAuthn autofill')
    if (document.querySelectorAll("input[autocomplete$='webauthn']").length < 1 && i)
      throw Error(
        'No <input> with "webauthn" as the only or last value in its `autocomplete` attribute was detected',
      )
    ;(p.mediation = 'conditional'), (c.allowCredentials = [])
  }
  ;(p.publicKey = c), (p.signal = h.createNewAbortSignal())
  let a
  try {
    a = await navigator.credentials.get(p)
  } catch (A) {
    throw C({ error: A, options: p })
  }
  if (!a) throw new Error('Authentication was not completed')
  let { id: s, rawId: S, response: f, type: g } = a,
    b
  return (
    f.userHandle && (b = l(f.userHandle)),
    {
      id: s,
      rawId: l(S),
      response: {
        authenticatorData: l(f.authenticatorData),
        clientDataJSON: l(f.clientDataJSON),
        signature: l(f.signature),
        userHandle: b,
      },
      type: g,
      clientExtensionResults: a.getClientExtensionResults(),
      authenticatorAttachment: y(a.authenticatorAttachment),
    }
  )
}
function Ne(e) {
  const t = e
  return x(() => I({ optionsJSON: t }))
}
function xe(e, t) {
  const r = e
  return x(() => N({ optionsJSON: r, useBrowserAutofill: t }))
}
var De = E,
  Ke = () => h.cancelCeremony()
async function x(e) {
  try {
    return { ok: !0, value: await e() }
  } catch (t) {
    return { ok: !1, failure: { code: U(t) } }
  }
}
var v = ['NotAllowedError', 'AbortError']
function U(e) {
  const t = e instanceof Error ? e.name : ''
  return t === 'InvalidStateError' ? 'passkey_known' : v.includes(t) ? 'passkey_unused' : 'passkey_failed'
}
export { De as canAutofill, Ke as stopCeremony, Ne as makePasskey, xe as signWithPasskey }
