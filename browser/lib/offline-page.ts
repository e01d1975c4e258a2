/**
 * Asks the browser to keep the page that is shown while the server is out of reach; a browser that
 * cannot loses nothing.
 */
export function keepOfflinePage(): void {
  if (!('serviceWorker' in navigator)) return
  const register = () => void navigator.serviceWorker.register('/worker.js').catch(() => undefined)
  // After everything that the user is waiting for.
  if (document.readyState === 'complete') register()
  else addEventListener('load', register, { once: true })
}
