/** Sets the security headers of every response. */
import type { RequestHandler } from 'express'
import helmet from 'helmet'
import type { SettingsView } from '../shared/protocol/views.ts'

const STRIPE = {
  script: ['https://js.stripe.com', 'https://*.js.stripe.com'],
  frame: ['https://js.stripe.com', 'https://*.js.stripe.com', 'https://hooks.stripe.com'],
  connect: ['https://api.stripe.com'],
  image: ['https://*.stripe.com'],
} // https://docs.stripe.com/security/guide, "Content security policy"
const NOTHING: typeof STRIPE = { script: [], frame: [], connect: [], image: [] }

/**
 * Nothing inline, nothing evaluated, nothing from anywhere but here and, where money is taken,
 * Stripe.
 */
export function securityHeaders(parts: {
  production: boolean
  publicOrigin: string | undefined
  stripe: SettingsView['stripe']
}): RequestHandler[] {
  const { production, publicOrigin } = parts
  const stripe = parts.stripe === 'stripe' ? STRIPE : NOTHING
  // Older Safari does not count our own WebSocket as 'self'.
  const socket = publicOrigin === undefined ? ['ws:', 'wss:'] : [publicOrigin.replace(/^http/, 'ws')]

  const policies = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", ...stripe.script],
        styleSrc: ["'self'"],
        fontSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:', ...stripe.image],
        mediaSrc: ["'self'", 'blob:'],
        connectSrc: ["'self'", ...socket, ...stripe.connect],
        frameSrc: stripe.frame.length > 0 ? stripe.frame : ["'none'"],
        manifestSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: ['default'],
        frameAncestors: ["'none'"],
        ...(production ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    strictTransportSecurity: production ? { maxAge: 365 * 24 * 60 * 60, includeSubDomains: true } : false,
    xFrameOptions: { action: 'deny' },
  })

  const permissions: RequestHandler = (_req, res, next) => {
    res.set(
      'Permissions-Policy',
      'camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self), autoplay=(self), ' +
        'picture-in-picture=(self), fullscreen=(self), ' +
        'payment=(self "https://js.stripe.com" "https://*.js.stripe.com"), ' +
        'accelerometer=(), encrypted-media=(), ' +
        'geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), local-fonts=(), ' +
        'magnetometer=(), midi=(), otp-credentials=(), ' +
        'publickey-credentials-create=(self), publickey-credentials-get=(self), serial=(), storage-access=(), usb=(), xr-spatial-tracking=()',
    )
    res.set('Cache-Control', 'no-store')
    next()
  }

  return [policies, permissions]
}
